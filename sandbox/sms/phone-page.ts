// The phone of everybody who is not real: a small page that shows the text messages as they arrive. It refreshes its list in place, so
// that what is being typed into the filter stays; without scripts it reloads as a whole.

import { html, raw } from 'hono/html';
import type { ShownMessage } from './gateway.ts';

const texts = {
  vi: { title: 'Điện thoại thử nghiệm', filter: 'Số điện thoại', show: 'Xem', all: 'Tất cả', empty: 'Chưa có tin nhắn.', other: 'English' },
  en: { title: 'Sandbox phone', filter: 'Phone number', show: 'Show', all: 'All', empty: 'No messages yet.', other: 'Tiếng Việt' },
} as const;

type PhoneLanguage = keyof typeof texts;

interface PhoneView {
  messages: ShownMessage[];
  /** The filter, in E.164. */
  phone: string | undefined;
  language: PhoneLanguage;
  /** Allows the page's own script, and no other, under its content security policy. */
  nonce: string;
}

/** The page, newest message first. */
export function phonePage({ messages, phone, language, nonce }: PhoneView): ReturnType<typeof html> {
  const t = texts[language];
  const otherLanguage = language === 'vi' ? 'en' : 'vi';
  const query = phone === undefined ? '' : `&phone=${encodeURIComponent(phone)}`;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <noscript><meta http-equiv="refresh" content="5" /></noscript>
        <title>${t.title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${t.title}</h1>
            <a href="/phone?lang=${otherLanguage}${query}">${t.other}</a>
          </header>
          <form action="/phone" method="get">
            <input type="hidden" name="lang" value="${language}" />
            <input name="phone" value="${phone ?? ''}" placeholder="+84…" aria-label="${t.filter}" inputmode="tel" />
            <button>${t.show}</button>
            <a href="/phone?lang=${language}">${t.all}</a>
          </form>
          <section id="messages" aria-live="polite">
            ${messages.length === 0 ? html`<p class="empty">${t.empty}</p>` : ''}
            <ol>
              ${messages.map((message) => bubble(message, language))}
            </ol>
          </section>
        </main>
        <script nonce="${nonce}">
          ${raw(refresh)};
        </script>
      </body>
    </html>`;
}

function bubble(message: ShownMessage, language: PhoneLanguage): ReturnType<typeof html> {
  const at = message.createdAt.toLocaleTimeString(language, { timeZone: 'Asia/Ho_Chi_Minh' });
  return html`<li>
    <small
      ><b>${message.sender}</b> → <a href="/phone?lang=${language}&phone=${encodeURIComponent(message.phone)}">${message.phone}</a></small
    >
    <p>${message.text}</p>
    <time datetime="${message.createdAt.toISOString()}">${at}</time>
  </li>`;
}

const refresh = `
  setInterval(async () => {
    const page = await fetch(location.href).then((response) => response.text()).catch(() => '');
    const fresh = new DOMParser().parseFromString(page, 'text/html').querySelector('#messages');
    const shown = document.querySelector('#messages');
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
  }, 1500)
`;

const style = `
  :root { color-scheme: light dark; --paper: #f2f4f7; --card: #fff; --ink: #16202c; --soft: #65748b; --accent: #0b7a5a; }
  @media (prefers-color-scheme: dark) { :root { --paper: #0e141b; --card: #1a232e; --ink: #e8edf3; --soft: #93a3b8; --accent: #3fc79a; } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
  main { max-width: 26rem; margin: 0 auto; padding: 1rem; }
  header { display: flex; align-items: baseline; justify-content: space-between; }
  h1 { font-size: 1.15rem; margin: .5rem 0; }
  a { color: var(--accent); text-decoration: none; }
  form { display: flex; gap: .5rem; align-items: center; margin-bottom: 1rem; }
  input { flex: 1; min-width: 0; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: 999px; background: var(--card); color: inherit; font: inherit; }
  button { padding: .5rem .9rem; border: 0; border-radius: 999px; background: var(--accent); color: var(--paper); font: inherit; }
  ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
  li { background: var(--card); border-radius: 1rem 1rem 1rem .25rem; padding: .75rem 1rem; }
  li p { margin: .25rem 0; overflow-wrap: anywhere; }
  small, time, .empty { color: var(--soft); font-size: .8rem; }
  time { display: block; text-align: right; }
`;

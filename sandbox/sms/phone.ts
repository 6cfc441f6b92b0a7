// What arrived on the phones, for people as a page and for programs as JSON.

import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { SandboxEnv } from '../faults.ts';
import type { Store } from '../store.ts';
import { latestMessages } from './gateway.ts';
import { phonePage } from './phone-page.ts';

/** `GET /phone` (HTML) and `GET /phone/messages` (JSON: `{messages: [{id, phone, sender, text, createdAt}]}`), both newest first and
 *  with an optional `phone`, in E.164 or national form. */
export function phoneRoutes(store: Store): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.get('/', async (c) => {
    const phone = readPhone(c.req.query('phone'));
    const language = c.req.query('lang') === 'en' ? 'en' : 'vi';
    c.header('cache-control', 'no-store');
    const nonce = randomUUID();
    c.header(
      'content-security-policy',
      `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; form-action 'self'`,
    );
    return c.html(phonePage({ messages: await latestMessages(store, phone), phone, language, nonce }));
  });
  routes.get('/messages', async (c) => {
    c.header('cache-control', 'no-store');
    return c.json({ messages: await latestMessages(store, readPhone(c.req.query('phone'))) });
  });
  return routes;
}

function readPhone(text: string | undefined): string | undefined {
  // A plus sign that was not escaped arrives as a blank.
  const digits = text?.replaceAll(/\D/g, '') ?? '';
  if (digits === '') return undefined;
  return digits.startsWith('0') ? `+84${digits.slice(1)}` : `+${digits}`;
}

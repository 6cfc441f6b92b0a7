// The page behind a checkout link. The mobile checkout comes later; until then this page opens the session, says honestly what the
// order is and where it stands, and points to the documentation of the checkout API, which the session cookie works with.

import type { Api } from '../environment.ts';
import { page } from '../page.ts';

const content =
  '<p id="order">Opening your order…</p><p id="place"></p>' +
  '<p>This build offers the checkout through its API: see <a href="/docs#/Checkout">the documentation</a>. ' +
  'Your browser now holds the session, so every call can be tried there.</p>';

// The token stays in the fragment, which browsers do not send, and is removed from the address once it is exchanged.
const script = `(async () => {
  const say = (id, text) => { document.getElementById(id).textContent = text; };
  const token = location.hash.slice(1);
  if (token) {
    await fetch('/checkout/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) });
    history.replaceState(null, '', location.pathname);
  }
  const reply = await fetch('/checkout/application');
  const body = await reply.json();
  if (!reply.ok) return say('order', 'This link is not valid any more. The shop can give you a new one.');
  const amount = new Intl.NumberFormat('vi-VN', { style: 'currency', currency: body.amount.currency }).format(body.amount.value);
  say('order', body.merchant.name + ' · ' + body.merchant_reference + ' · ' + amount);
  say('place', 'Status: ' + body.status + ', next: ' + body.next.action);
})();
`;

/** Adds /c, its script, and the way from / to the documentation. */
export function addPages(app: Api): void {
  app.get('/', (c) => c.redirect('/docs'));
  app.get('/c', () => page('Checkout', content, '/c.js'));
  app.get('/c.js', (c) => c.body(script, 200, { 'content-type': 'text/javascript' }));
}

// The frame of the few pages that the api itself shows.

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f}' +
  'h1{font-size:1.4rem}dt{margin-top:1rem;font-weight:600}dd{margin:0}code{background:#f1f1f4;padding:0 .25rem}';

/** An HTML page of our own words. `content` is trusted markup; `script` is an address on this host. */
export function page(title: string, content: string, script?: string): Response {
  const html =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<title>${title} · Trasau</title><style>${style}</style></head><body><h1>${title}</h1>${content}` +
    `${script === undefined ? '' : `<script src="${script}"></script>`}</body></html>`;
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy } });
}

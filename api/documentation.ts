// The documentation that the api serves about itself: the OpenAPI document, a page to read and try it, and the list of problems.
// Everything comes from this process, so it works without the internet. The document is made once, at start.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Api } from './environment.ts';
import { page } from './page.ts';
import { problemKinds } from './problem-kinds.ts';

/** Adds /openapi.json, /docs and /problems. Call it after the routes. */
export function addDocumentation(app: Api, publicUrl: string): void {
  for (const [name, scheme] of Object.entries(securitySchemes(publicUrl)))
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  const document = JSON.stringify(
    app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Trasau',
        version: '1',
        description: 'Buy now, pay later: merchants place orders, customers complete them in the checkout, staff keep them going.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags: [{ name: 'Merchant' }, { name: 'Checkout' }, { name: 'Operations' }],
    }),
  );
  app.get('/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }));
  app.get('/problems', () => page('Problems', problemList()));
  addReader(app);
}

function securitySchemes(publicUrl: string) {
  const bearer = { type: 'http', scheme: 'bearer' } as const;
  return {
    apiKey: { ...bearer, description: "A merchant's api key: trasau_test_sk_…" },
    sessionToken: { ...bearer, description: 'The session_token of POST /checkout/sessions' },
    sessionCookie: { type: 'apiKey', in: 'cookie', name: publicUrl.startsWith('https:') ? '__Host-trasau_session' : 'trasau_session' },
    staffToken: {
      ...bearer,
      bearerFormat: 'JWT',
      description: 'The access token of a member of staff; the roles that may call an operation are listed with it',
    },
  } as const;
}

function problemList(): string {
  const items = Object.entries(problemKinds).map(
    ([code, kind]) =>
      `<dt id="${code}"><code>${code}</code> · ${kind.status}${'retryable' in kind ? ' · may be repeated' : ''}</dt><dd>${kind.title}. ${kind.advice}</dd>`,
  );
  return `<p>Every error is a problem document (RFC 9457). Switch on <code>code</code>; quote <code>instance</code> to support.</p><dl>${items.join('')}</dl>`;
}

const assets = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
} as const;

const readerScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reader', deepLinking: true, persistAuthorization: false, validatorUrl: null });`;

// Swagger UI sets styles from its script and carries its icons in data URLs; nothing else is allowed, and nothing from elsewhere.
const readerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

function addReader(app: Api): void {
  const folder = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist')));
  app.get('/docs', (c) =>
    c.body(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trasau API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>` +
        `<body><div id="reader"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/reader.js"></script></body></html>`,
      200,
      { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': readerPolicy },
    ),
  );
  app.get('/docs/reader.js', (c) => c.body(readerScript, 200, { 'content-type': 'text/javascript' }));
  for (const [file, type] of Object.entries(assets)) {
    app.get(`/docs/${file}`, async (c) =>
      c.body(await readFile(join(folder, file), 'utf8'), 200, { 'content-type': type, 'cache-control': 'public, max-age=86400' }),
    );
  }
}

// POST /ops/v1/documents/{id}/links and GET /documents/{id}: photos for staff, by links that work for minutes. The second has no guard: the
// link itself says who looks, so a browser can open it where it cannot send a token.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { idParam, line, time } from '../../schemas.ts';
import { linkToDocument, viewDocument } from '../../verbs/view-document.ts';

const request = z.strictObject({
  purpose: line(10, 200).openapi({ description: 'Why you need it; kept in the audit log. No personal data, please.' }),
});

const link = z.object({ url: z.string(), expires_at: time }).openapi('OpsDocumentLink');

/** Adds POST /ops/v1/documents/{id}/links. */
export function addLinkDocument(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('linkDocument'), problems: ['NOT_FOUND', 'TOO_MANY_REQUESTS'] },
    {
      method: 'post',
      path: '/ops/v1/documents/{id}/links',
      tags: ['Operations'],
      summary: 'Get a link to a photo or PDF, for you and for minutes',
      request: { params: idParam, body: body(request) },
      responses: { 201: json(link, 'The link; every view is recorded under your name') },
    },
  );
  app.openapi(route, async (c) => {
    const by = { actor: actorOf(c), requestId: c.get('requestId'), purpose: c.req.valid('json').purpose };
    const { url, expiresAt } = await linkToDocument(deps, c.req.valid('param').id, by);
    return c.json({ url, expires_at: expiresAt.toISOString() }, 201);
  });
}

/** Adds GET /documents/{id}. */
export function addViewDocument(app: Api, deps: ApiDeps): void {
  const route = defineRoute(
    { problems: ['LINK_NOT_VALID', 'NOT_FOUND'] },
    {
      method: 'get',
      path: '/documents/{id}',
      tags: ['Operations'],
      summary: 'Open a link to a document',
      request: { params: idParam, query: z.strictObject({ key: z.string().min(1).max(500) }) },
      responses: {
        200: { description: 'The photo or PDF', content: { '*/*': { schema: z.string().openapi({ format: 'binary' }) } } },
      },
    },
  );
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { content, mediaType } = await viewDocument(deps, id, c.req.valid('query').key, c.get('requestId'));
    return new Response(new Uint8Array(content), {
      headers: {
        'content-type': mediaType,
        // A file to look at, never a page of this site: not run, not embedded elsewhere, not kept.
        'content-disposition': `attachment; filename="${id}.${mediaType === 'application/pdf' ? 'pdf' : 'jpg'}"`,
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'same-origin',
      },
    });
  });
}

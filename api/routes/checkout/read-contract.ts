// GET /checkout/contract and /checkout/contract.pdf: what the customer is to sign, then what was signed and sealed.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { money, time } from '../../schemas.ts';
import { openContractPdf } from '../../verbs/open-contract-pdf.ts';
import { ownView } from './read-checkout.ts';

const contract = z
  .object({
    number: z.string(),
    document_sha256: z.string().openapi({ description: 'Send it back to sign exactly this.' }),
    pdf: z.string(),
    limit: money.nullable(),
    signed_at: time.nullable(),
    sealed_at: time.nullable(),
    sealed_sha256: z.string().nullable(),
  })
  .openapi('Contract');

/** Adds both routes. */
export function addReadContract(app: Api, deps: ApiDeps, guards: Guards): void {
  const summary = defineRoute(
    { guard: guards.session, problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/checkout/contract',
      tags: ['Checkout'],
      summary: 'The contract',
      responses: { 200: json(contract, 'The newest contract') },
    },
  );
  app.openapi(summary, async (c) => {
    const { contract: row, offer } = await ownView(deps, c);
    if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no contract yet.' });
    return c.json(
      {
        number: row.contract_number,
        document_sha256: row.document_sha256,
        pdf: '/checkout/contract.pdf',
        limit: offer && { value: offer.limit_vnd, currency: 'VND' as const },
        signed_at: row.signed_at?.toISOString() ?? null,
        sealed_at: row.sealed_at?.toISOString() ?? null,
        sealed_sha256: row.sealed_sha256,
      },
      200,
    );
  });

  const pdf = defineRoute(
    { guard: guards.session, problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/checkout/contract.pdf',
      tags: ['Checkout'],
      summary: 'The contract as PDF, sealed once it is signed',
      responses: { 200: { description: 'The PDF', content: { 'application/pdf': { schema: z.string().openapi({ format: 'binary' }) } } } },
    },
  );
  app.openapi(pdf, async (c) => {
    const { content, contractNumber } = await openContractPdf(deps, sessionOf(c).applicationId, c.get('requestId'));
    return new Response(new Uint8Array(content), {
      headers: {
        'content-type': 'application/pdf',
        'content-disposition': `inline; filename="${contractNumber}.pdf"`,
        'content-security-policy': "sandbox; default-src 'none'",
      },
    });
  });
}

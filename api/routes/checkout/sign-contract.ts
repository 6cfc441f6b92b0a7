// POST /checkout/contract/sign: the customer signs the document with this hash, having read the words of the consent.

import { z } from '@hono/zod-openapi';
import { consentTexts } from '../../../domain/consents.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { commandAccepted, language } from '../../schemas.ts';
import { customerProblems, orFirstAnswer } from '../../verbs/command.ts';
import { signContract, storedSignature } from '../../verbs/sign-contract.ts';
import { toAccepted } from './accepted.ts';

const signature = z
  .strictObject({
    document_sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the document_sha256 of the contract'),
    consent: z
      .literal(consentTexts.contract.version)
      .openapi({ description: "The version of the text 'contract' that was shown and agreed to." }),
    language: language.optional(),
  })
  .openapi('Signature');

/** Adds the route. */
export function addSignContract(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...customerProblems, 'DOCUMENT_MISMATCH'] },
    {
      method: 'post',
      path: '/checkout/contract/sign',
      tags: ['Checkout'],
      summary: 'Sign the contract',
      request: { body: body(signature) },
      responses: { 202: json(commandAccepted, 'Signed; the seal is being set') },
    },
  );
  app.openapi(route, async (c) => {
    const { document_sha256: documentSha256, language } = c.req.valid('json');
    const { applicationId } = sessionOf(c);
    const id = commandId(c, 'sign-contract');
    const sign = async () => signContract(deps, applicationId, id, { documentSha256, language });
    const again = async () => storedSignature(deps, applicationId, id, documentSha256);
    const view = await orFirstAnswer(deps, { applicationId, commandId: id }, sign, again);
    return c.json(toAccepted(view), 202);
  });
}

// The contract on paper: rendered from the accepted offer, signed by the customer, sealed by the platform, void if it comes to nothing.

import { z } from 'zod';
import { dayInVietnam } from '../domain/calendar.ts';
import { invariant } from '../domain/failures.ts';
import type { ContractRenderer, ContractTerms, PdfSealer } from '../domain/ports.ts';
import type { Store } from '../db/store.ts';
import { recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const prepared = z.object({ contractId: z.string(), documentSha256: z.string() });
export type PreparedContract = z.infer<typeof prepared>;

const sealed = z.object({ documentId: z.string(), sha256: z.string() });
export type SealedContract = z.infer<typeof sealed>;

interface ContractDeps {
  store: Store;
  renderer: ContractRenderer;
  sealer: PdfSealer;
  now: () => Date;
}

export function createContractActivities(deps: ContractDeps) {
  return {
    prepareContract: async (ref: StepRef, input: { deadlineAt: string }): Promise<PreparedContract> => prepareContract(deps, ref, input),
    sealContract: async (ref: StepRef, signature: Signature): Promise<SealedContract> => sealContract(deps, ref, signature),
  };
}

/** Renders the contract that the customer is to read and sign, and stores it with its hash. Repeat: the same paper. */
async function prepareContract(
  { store, renderer, now }: ContractDeps,
  ref: StepRef,
  { deadlineAt }: { deadlineAt: string },
): Promise<PreparedContract> {
  const { applicationId } = ref;
  return recordOnce(store, ref, prepared, {
    ask: async () => {
      const { terms, offerId } = await contractTerms(store, applicationId, renderer.templateVersion, now());
      const content = await renderer.render(terms);
      const kept = await store.documents.keep({ applicationId, kind: 'contract', mediaType: 'application/pdf', content });
      return { terms, offerId, kept };
    },
    keep: async (tx, { terms, offerId, kept }) => {
      const { contractId, contractNumber, templateVersion } = terms;
      const document = await store.documents.add(tx, kept);
      await store.agreements.addContract(tx, { id: contractId, applicationId, offerId, contractNumber, templateVersion, document });
      await store.applications.advance(tx, applicationId, { status: 'awaiting_signature', step: 'contract', deadlineAt });
      return { contractId, documentSha256: document.sha256 };
    },
  });
}

interface Signature {
  documentSha256: string;
  consentId: string;
  signedAt: string;
  /** Until when the purchase may be approved. */
  deadlineAt: string;
}

/** Takes the customer's signature and seals the file. The hash that was signed must be the hash of the stored paper. Repeat: the same sealed file.
 *  Throws INVARIANT_BROKEN when another document was signed or the consent is not this customer's, SEAL_* when the seal fails. */
async function sealContract({ store, sealer }: ContractDeps, ref: StepRef, signature: Signature): Promise<SealedContract> {
  const { applicationId } = ref;
  return recordOnce(store, ref, sealed, {
    ask: async () => {
      const contract = await store.agreements.latestContract(store, applicationId);
      invariant(contract?.document_sha256 === signature.documentSha256, 'the paper that was shown is the paper that is signed');
      const consented = await store.consents.isConsentOf(store, signature.consentId, applicationId, 'contract');
      invariant(consented, 'a contract is sealed only with the consent that its customer gave to it');
      const paper = await store.documents.read(store, contract.document_id);
      invariant(paper, 'a prepared contract has its document');
      const content = await sealer.seal(paper.content, {
        reason: `Contract ${contract.contract_number}`,
        at: new Date(signature.signedAt),
      });
      const kept = await store.documents.keep({ applicationId, kind: 'sealed_contract', mediaType: 'application/pdf', content });
      return { contract, kept };
    },
    keep: async (tx, { contract, kept }) => {
      const { consentId, documentSha256, deadlineAt } = signature;
      const document = await store.documents.add(tx, kept);
      await store.agreements.markSealed(tx, contract.id, { consentId, signedAt: new Date(signature.signedAt), document });
      const params = { contractNumber: contract.contract_number };
      await store.notifications.add(tx, { applicationId, template: 'contract_signed', params });
      await store.applications.advance(tx, applicationId, { status: 'awaiting_approval', step: 'purchase', deadlineAt });
      const change = { documentSha256, sealedSha256: document.sha256, consentId };
      await store.audit(tx, { actor: 'customer', action: 'contract.signed', applicationId, subject: contract.id, change });
      return document;
    },
  });
}

/** The part of a stored offer that stands in the contract; parsed again, because it comes back from storage. */
const offerShown = z.object({
  instalments: z.array(
    z.object({ number: z.number().int(), dueOn: z.iso.date(), principalVnd: z.number().int(), feeVnd: z.number().int() }),
  ),
  totalPayableVnd: z.number().int(),
  aprPercent: z.number(),
  lateFee: z.object({ basisPoints: z.number().int(), atMostVnd: z.number().int() }).nullable().default(null),
});

async function contractTerms(
  store: Store,
  applicationId: string,
  templateVersion: string,
  at: Date,
): Promise<{ terms: ContractTerms; offerId: string }> {
  const application = await store.applications.readApplication(store, applicationId);
  invariant(application, 'an application exists before its workflow');
  const profile = await store.customers.profile(store, application.customer_id);
  const offer = await store.offers.latestOffer(store, applicationId);
  const merchant = await store.merchants.read(store, application.merchant_id);
  invariant(profile && offer?.accepted_at && merchant, 'a contract is made of a profile, an accepted offer and a merchant');
  const account = await store.agreements.requiredAccount(store, applicationId);
  const content = offerShown.parse(offer.content);
  const { fullName, nationalId, dateOfBirth, address, phone } = profile;
  return {
    offerId: offer.id,
    terms: {
      contractId: store.newId('contract'),
      contractNumber: account.contract_number,
      templateVersion,
      date: dayInVietnam(at),
      customer: { fullName, nationalId, dateOfBirth, address, phone },
      merchantName: merchant.name,
      merchantReference: application.merchant_reference,
      limitVnd: offer.limit_vnd,
      amountVnd: offer.amount_vnd,
      product: offer.product,
      instalments: content.instalments,
      totalPayableVnd: content.totalPayableVnd,
      aprPercent: content.aprPercent,
      lateFee: content.lateFee,
      offerHash: offer.hash,
    },
  };
}

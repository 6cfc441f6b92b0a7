// An applicant who walks through the steps of an application as the workflow would lead them, each with the input that it would get.

import type { Activities } from '../../activities/index.ts';
import { createApplication } from '../../db/applications.ts';
import { grantConsent } from '../../db/consents.ts';
import type { ConsentKind } from '../../db/consents.ts';
import { newId } from '../../db/ids.ts';
import type { Store } from '../../db/store.ts';
import type { DocumentRef } from '../../domain/application.ts';
import type { Product } from '../../domain/schedule.ts';
import type { Profile } from '../../domain/profile.ts';
import { person, rightCode } from './vendors.ts';

/** The steps of the happy path, in order. */
export const happyPath = [
  'recordBasicInfo',
  'verifyIdentity',
  'requestCreditReport',
  'decide',
  'acceptOffer',
  'createClient',
  'createContract',
  'prepareContract',
  'sealContract',
  'requestOtp',
  'verifyOtp',
  'handOffTransaction',
  'finish',
] as const;

export type StepOnPath = (typeof happyPath)[number];

export interface Applicant {
  applicationId: string;
  ref(step: string, round?: number): { applicationId: string; step: string; round: number };
  /** Runs a step of the path with the input that the workflow would give it. */
  run(step: StepOnPath, round?: number): Promise<unknown>;
  /** Runs all steps before this one. */
  walksTo(step: StepOnPath): Promise<Applicant>;
  /** What the step returned. */
  outcome<N extends keyof Activities>(step: N): Awaited<ReturnType<Activities[N]>>;
  submission: { idFront: DocumentRef; idBack: DocumentRef; selfie: DocumentRef };
  contractConsentId: string;
  profile: Profile;
}

export interface ApplicantOptions {
  /** Somebody else than a person of their own. */
  profile?: Partial<Profile>;
  /** All four unless given. */
  consents?: readonly ConsentKind[];
  amountVnd?: number;
  product?: Product;
  deviceId?: string;
}

let people = 0;

const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** Adds an application with its profile, consents and photos. */
export async function anApplicant(
  { activities, store, merchantId }: { activities: Activities; store: Store; merchantId: string },
  { consents = ['data_processing', 'credit_bureau', 'biometric', 'contract'], amountVnd = 3_000_000, ...options }: ApplicantOptions,
): Promise<Applicant> {
  people += 1;
  const own = { nationalId: `079195${String(people).padStart(6, '0')}`, phone: `+8490${String(1_000_000 + people)}` };
  const profile: Profile = { ...person, ...own, ...options.profile };
  const stored = await store.withTransaction(async (tx) => {
    const customerId = await store.customers.state(tx, newId('request'), profile, options.deviceId);
    const { id: applicationId } = await createApplication(tx, {
      merchantId,
      merchantReference: customerId,
      customerId,
      amountVnd,
      product: options.product ?? 'pay-in-3',
      items: [],
      metadata: {},
      language: 'vi',
      returnUrl: null,
      cancelUrl: null,
      deadlineAt: new Date(soon()),
    });
    const text = { textVersion: '1', textSha256: 'text', language: 'vi', channel: 'checkout' } as const;
    const granted = new Map<ConsentKind, string>();
    for (const kind of consents) granted.set(kind, await grantConsent(tx, { applicationId, kind, ...text }));
    const photo = async (kind: 'id_front' | 'id_back' | 'selfie') =>
      store.documents.add(
        tx,
        await store.documents.keep({
          applicationId,
          kind,
          mediaType: 'image/jpeg',
          content: Buffer.from(`${kind} of ${profile.nationalId} in ${applicationId}`),
        }),
      );
    const submission = { idFront: await photo('id_front'), idBack: await photo('id_back'), selfie: await photo('selfie') };
    return { applicationId, customerId, submission, contractConsentId: granted.get('contract') ?? 'cst_none' };
  });
  const { applicationId, customerId, submission, contractConsentId } = stored;
  const outcomes = new Map<string, unknown>();
  const ref: Applicant['ref'] = (step, round = 1) => ({ applicationId, step, round });
  // Stored under the step's name by `run` below, where the types agree.
  const outcome: Applicant['outcome'] = (step) => outcomes.get(step) as never;
  const inputs = {
    recordBasicInfo: () => ({ customerId, deadlineAt: soon() }),
    verifyIdentity: () => ({ submission, attemptsLeft: 2, deadlineAt: soon(), reviewDueAt: soon() }),
    decide: () => ({ offerExpiresAt: soon(), reviewDueAt: soon() }),
    acceptOffer: () => {
      const decided = outcome('decide');
      return { offerHash: decided.kind === 'approved' ? decided.offer.hash : 'none', acceptedAt: new Date().toISOString() };
    },
    prepareContract: () => ({ deadlineAt: soon() }),
    sealContract: () => ({
      documentSha256: outcome('prepareContract').documentSha256,
      consentId: contractConsentId,
      signedAt: new Date().toISOString(),
      deadlineAt: soon(),
    }),
    requestOtp: () => ({ deadlineAt: soon() }),
    verifyOtp: () => ({ challengeId: outcome('requestOtp').challengeId, code: rightCode }),
    finish: () => ({ status: 'completed', reasons: [] }),
  } satisfies Partial<Record<StepOnPath, () => unknown>>;
  const applicant: Applicant = {
    applicationId,
    submission,
    contractConsentId,
    profile,
    ref,
    outcome,
    async run(step, round = 1) {
      const input = step in inputs ? inputs[step as keyof typeof inputs]() : undefined; // just asked
      const run = activities[step] as (ref: unknown, input: unknown) => Promise<unknown>; // each entry of `inputs` fits its activity
      const result = await run(ref(step, round), input);
      outcomes.set(step, result);
      return result;
    },
    async walksTo(step) {
      for (const earlier of happyPath.slice(0, happyPath.indexOf(step))) await applicant.run(earlier);
      return applicant;
    },
  };
  return applicant;
}

// The one-time password that approves a purchase. WAY4 makes it, binds it to the terms and sends it; how often may be guessed is
// counted in PostgreSQL.

import { z } from 'zod';
import type { StaffRequest } from '../domain/application.ts';
import { InvariantFailure, VendorFailure, invariant } from '../domain/failures.ts';
import type { CardCore, OtpTerms } from '../domain/ports.ts';
import type { ChallengeRow } from '../db/otp.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';
import { recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';
import { auditAct } from './staff-act.ts';

const challengeSent = z.object({ challengeId: z.string(), expiresAt: z.string(), maskedPhone: z.string() });
export type ChallengeSent = z.infer<typeof challengeSent>;

const guessAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('verified') }),
  z.object({ kind: z.literal('wrong'), attemptsLeft: z.number().int() }),
  z.object({ kind: z.literal('expired') }),
  z.object({ kind: z.literal('locked') }),
  z.object({ kind: z.literal('unavailable') }),
]);
/** What came of one guess; `unavailable` when it could not be evaluated and does not count. */
export type GuessAnswer = z.infer<typeof guessAnswer>;

type Guess = { challenge: ChallengeRow; answer: GuessAnswer['kind'] } | { challenge: null; answer: 'expired' | 'locked' };

interface OtpWanted {
  deadlineAt: string;
  graceMs?: number | undefined;
  by?: StaffRequest;
}

interface OtpDeps {
  store: Store;
  cardCore: CardCore;
  maxAttempts: number;
  /** A code is good for no longer than this, whatever WAY4 says: SBV Circular 50/2024. */
  lifetimeMs: number;
  now: () => Date;
}

export function createOtpActivities({ store, cardCore, maxAttempts, lifetimeMs, now }: OtpDeps) {
  return {
    /** Has WAY4 send a code for the purchase of this application. The challenge before it becomes worthless. With `graceMs` it is the last one, and
     *  the wait ends so long after it, not at `deadlineAt`. Repeat: the same challenge, no second SMS.
     *  Throws CARD_CORE_UNAVAILABLE and CARD_CORE_OUTCOME_UNKNOWN (retried: WAY4 answers the same request id with the same challenge). */
    async requestOtp(ref: StepRef, input: OtpWanted): Promise<ChallengeSent> {
      return recordOnce(store, ref, challengeSent, {
        ask: async () => {
          const { terms, clientNumber } = await purchaseTerms(store, ref.applicationId);
          const requestId = `${ref.applicationId}:otp:${ref.round}`;
          return { terms, sent: await cardCore.requestOtp({ requestId, clientNumber, terms }, { reference: ref.applicationId }) };
        },
        keep: async (tx, { terms, sent }) => {
          const expiresAt = new Date(Math.min(Date.parse(sent.expiresAt), now().getTime() + lifetimeMs));
          const challengeId = await store.otp.addChallenge(tx, {
            applicationId: ref.applicationId,
            round: ref.round,
            coreChallengeId: sent.challengeId,
            amountVnd: terms.amountVnd,
            contractNumber: terms.contractNumber,
            documentSha256: terms.documentSha256,
            maskedPhone: sent.maskedPhone,
            maxAttempts,
            expiresAt,
          });
          await store.applications.advance(tx, ref.applicationId, {
            status: 'awaiting_approval',
            step: 'purchase',
            deadlineAt: input.graceMs === undefined ? input.deadlineAt : new Date(expiresAt.getTime() + input.graceMs).toISOString(),
          });
          if (input.by)
            await auditAct(store, tx, input.by, { action: 'otp.resent', applicationId: ref.applicationId, subject: challengeId });
          return { challengeId, expiresAt: expiresAt.toISOString(), maskedPhone: sent.maskedPhone };
        },
      });
    },

    /** Evaluates one guess. The guess is counted before WAY4 sees it, and given back when WAY4 could not be reached. Repeat with the same
     *  round: the same answer, and one guess, also beside or after a try that came to no end. Throws INVARIANT_BROKEN for a code that was sealed for
     *  another application; it does not count. */
    async verifyOtp(ref: StepRef, input: { challengeId: string; code: string }): Promise<GuessAnswer> {
      return recordOnce<Guess, GuessAnswer>(store, ref, guessAnswer, {
        ask: async () => {
          // Whatever may fail without WAY4 comes first, so that no try is used up by it.
          const code = openCode(store, ref.applicationId, input.code);
          const { terms } = await purchaseTerms(store, ref.applicationId);
          const challenge = await store.otp.takeGuess(store, input.challengeId, ref.round);
          if (!challenge) return { challenge: null, answer: await whyNot(store, ref.applicationId) };
          return { challenge, answer: await evaluate({ store, cardCore }, ref, challenge, { code, terms }) };
        },
        keep: async (tx, guess) => (guess.challenge ? answered(store, tx, guess.challenge, guess.answer) : { kind: guess.answer }),
      });
    },
  };
}

/** What follows from the answer to a guess that was taken. A challenge that WAY4 is done with is closed here too. */
async function answered(store: Store, tx: Tx, challenge: ChallengeRow, answer: GuessAnswer['kind']): Promise<GuessAnswer> {
  const attemptsLeft = challenge.max_attempts - challenge.attempts;
  if (answer === 'unavailable') return { kind: 'unavailable' };
  if (answer === 'wrong' && attemptsLeft > 0) return { kind: 'wrong', attemptsLeft };
  const end = answer === 'wrong' ? 'locked' : answer;
  const closed = await store.otp.closeChallenge(tx, challenge.id, end);
  // A right code for a challenge that was replaced or locked meanwhile approves nothing.
  return end === 'verified' && !closed ? { kind: 'expired' } : { kind: end };
}

async function evaluate(
  { store, cardCore }: Pick<OtpDeps, 'store' | 'cardCore'>,
  ref: StepRef,
  challenge: ChallengeRow,
  guess: { code: string; terms: OtpTerms },
): Promise<GuessAnswer['kind']> {
  try {
    const request = { challengeId: challenge.core_challenge_id, ...guess };
    return (await cardCore.verifyOtp(request, { reference: ref.applicationId })).kind;
  } catch (error) {
    if (!(error instanceof VendorFailure) || error.kind === 'rejected') throw error;
    // Only a guess that certainly was not evaluated is given back; after a lost answer it counts.
    if (error.kind === 'unavailable') await store.otp.returnGuess(store, challenge.id, ref.round);
    return 'unavailable';
  }
}

async function whyNot(store: Store, applicationId: string): Promise<'expired' | 'locked'> {
  const challenge = await store.otp.latestChallenge(store, applicationId);
  const spent = challenge && (challenge.status === 'locked' || challenge.attempts >= challenge.max_attempts);
  return spent ? 'locked' : 'expired';
}

/** The api seals a code before it enters a message, so that no history shows it; a system that only signals may send it plain. */
function openCode(store: Store, applicationId: string, code: string): string {
  const sealed = /^sealed:(.+)$/.exec(code)?.[1];
  if (sealed === undefined) return code;
  try {
    return store.boxes.open(`otp:${applicationId}`, Buffer.from(sealed, 'base64url')).toString();
  } catch {
    throw new InvariantFailure('a sealed code opens for the application that it was sealed for');
  }
}

async function purchaseTerms(store: Store, applicationId: string): Promise<{ terms: OtpTerms; clientNumber: string }> {
  const application = await store.applications.readApplication(store, applicationId);
  invariant(application, 'an application exists before its workflow');
  const account = await store.agreements.requiredAccount(store, applicationId);
  const contract = await store.agreements.latestContract(store, applicationId);
  invariant(contract?.sealed_sha256, 'a purchase is approved under a sealed contract');
  const merchant = await store.merchants.read(store, application.merchant_id);
  invariant(merchant, 'an application has a merchant');
  return {
    clientNumber: account.client_number,
    terms: {
      amountVnd: application.amount_vnd,
      merchantId: merchant.id,
      merchantName: merchant.name,
      contractNumber: account.contract_number,
      documentSha256: contract.document_sha256,
    },
  };
}

// The commands of the purchase. Whoever has the checkout may send as many as they like: those that cannot help are refused by the validators,
// without a trace, so that nobody fills a run until staff cannot reach it either.

import { condition, patched, setHandler } from '@temporalio/workflow';
import * as messages from './messages.ts';
import type { Run } from './run.ts';

/** Sets the handlers of steps 8 to 10, for this workflow and any other that makes a purchase. Call it before the first await. */
export function setPurchaseHandlers(run: Run): void {
  setSending(run);
  setGuessing(run);
}

function refuseUnlessAwaiting(run: Run): void {
  if (run.view().step !== 'purchase' || run.isEnding() || run.facts.otp.verified)
    run.refuse('WRONG_STATE', 'no purchase waits for approval');
}

function setSending(run: Run): void {
  const { otp } = run.facts;
  const sent = async (): Promise<messages.OtpSent> => {
    // An application that ends meanwhile sends none, and a run closes only when every handler has answered.
    await condition(() => run.facts.over || (otp.sent !== null && !otp.resend));
    return (otp.resend ? null : otp.sent) ?? run.refuse('WRONG_STATE', 'no OTP was sent');
  };

  setHandler(
    messages.approveTransaction,
    async () => {
      otp.approved = true;
      return sent();
    },
    {
      validator: ({ amountVnd }) => {
        refuseUnlessAwaiting(run);
        run.refuseWhenFull();
        if (amountVnd !== run.input.amountVnd) run.refuse('AMOUNT_MISMATCH', 'the amount that was shown is not the amount of the order');
        if (otp.approved && (!otp.sent || otp.resend)) run.refuse('OTP_BEING_SENT', 'an OTP is being sent');
        if (otp.approved) run.refuse('OTP_SENT', 'the purchase is approved and an OTP was sent');
      },
      description: 'The customer approves the purchase; WAY4 sends an OTP',
    },
  );

  setHandler(
    messages.resendOtp,
    async (by) => {
      otp.resend = by ?? 'customer';
      otp.resendAtMs = Date.now();
      return sent();
    },
    {
      validator: (by) => {
        refuseUnlessAwaiting(run);
        if (!by) run.refuseWhenFull();
        if (!otp.sent) run.refuse('OTP_NOT_AWAITED', 'no OTP was asked for yet');
        if (otp.resend) run.refuse('OTP_BEING_SENT', 'a new OTP is being sent');
        if (otp.challenges >= run.policy.otpMaxChallenges) run.refuse('RESENDS_SPENT', 'no further OTP can be sent for this purchase');
        if (Date.now() - otp.resendAtMs < (run.policy.resendRestMs ?? 0)) run.refuse('OTP_BEING_SENT', 'a new OTP was sent just now');
      },
      description: 'Sends a new OTP; the old one becomes worthless',
    },
  );
}

function setGuessing(run: Run): void {
  const { otp } = run.facts;
  setHandler(messages.submitOtp, async (submission) => guess(run, submission), {
    validator: (submission) => {
      refuseUnlessAwaiting(run);
      run.refuseWhenFull();
      if (!otp.sent || otp.resend) run.refuse('OTP_NOT_AWAITED', 'no OTP is awaited');
      if (!isWellFormed(submission)) run.refuse('OTP_MALFORMED', 'an OTP has six digits');
      const end = endOfCode(run);
      if (end) run.refuse(end === 'expired' ? 'OTP_EXPIRED' : 'OTP_LOCKED', 'this OTP is worthless', { resendsLeft: resendsLeft(run) });
      if (otp.checking > 0) run.refuse('OTP_BEING_CHECKED', 'another guess is being checked');
    },
    description: 'The customer typed the OTP',
  });

  setHandler(
    messages.otpSubmitted,
    async (submission) => {
      const isAwaited = run.view().step === 'purchase' && !run.isEnding() && otp.sent && !otp.resend && !otp.verified;
      if (!isAwaited || !isWellFormed(submission)) return;
      // A run from before this bound may have a guess beyond it in its history, which has to be made again.
      const isInVain = endOfCode(run) !== null || run.isFull();
      if (isInVain && patched('otp-guesses-bounded')) return;
      await guess(run, submission);
    },
    { description: 'The OTP, from a system that can only signal' },
  );
}

/** Why no further guess at the present code is taken, or null. What the bank could not check counts as a guess here too. */
function endOfCode({ facts: { otp }, policy }: Run): 'locked' | 'expired' | null {
  return otp.dead ?? (otp.guessesAtCode >= (policy.otpMaxGuesses ?? Number.POSITIVE_INFINITY) ? 'locked' : null);
}

function resendsLeft({ facts, policy }: Run): number {
  return policy.otpMaxChallenges - facts.otp.challenges;
}

/** No validator stands before a signal, so its shape is not taken on trust: a throw there would stop the run. */
function isWellFormed(submission: unknown): submission is messages.OtpSubmission {
  if (typeof submission !== 'object' || submission === null || !('code' in submission)) return false;
  return typeof submission.code === 'string' && /^(\d{6}|sealed:[\w-]{20,400})$/.test(submission.code);
}

async function guess(run: Run, { code }: messages.OtpSubmission): Promise<messages.OtpAnswer> {
  const { otp } = run.facts;
  const challengeId = otp.sent?.challengeId ?? run.refuse('OTP_NOT_AWAITED', 'no OTP is awaited');
  otp.guesses += 1;
  otp.guessesAtCode += 1;
  otp.checking += 1;
  const ref = { applicationId: run.input.applicationId, step: 'verifyOtp', round: otp.guesses };
  // A guess never waits for staff: the customer stands at the counter and can simply try again.
  const answer = await run.call('verifyOtp', ref, { challengeId, code }).catch(() => ({ kind: 'unavailable' as const }));
  otp.checking -= 1;
  const left = resendsLeft(run);
  // Right, but the application ended while the bank looked: nothing is bought, and the customer must not be told otherwise.
  if (answer.kind === 'verified' && run.isEnding()) return { kind: 'expired', resendsLeft: 0 };
  if (answer.kind === 'verified') otp.verified = true;
  if (answer.kind === 'locked' && left === 0) otp.spent = true;
  if (answer.kind !== 'expired' && answer.kind !== 'locked') return answer;
  if (otp.sent?.challengeId === challengeId) otp.dead = answer.kind;
  return { kind: answer.kind, resendsLeft: left };
}

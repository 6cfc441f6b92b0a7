// The commands of an application. Validators are synchronous and pure: a command that does not fit is refused without a trace in
// the history. Handlers only put what came into the run; the stages do the work.

import { condition, setHandler } from '@temporalio/workflow';
import type { Step } from '../domain/states.ts';
import * as messages from './messages.ts';
import type { Run } from './run.ts';

/** Sets every handler but those of the purchase and of staff. Call it before the first await. */
export function setApplicationHandlers(run: Run): void {
  const { inbox, facts, view } = run;
  const only = (step: Step, isOpen: boolean): void => {
    if (run.isEnding() || view().step !== step || !isOpen) run.refuse('WRONG_STATE', `this is not possible in step ${view().step}`);
  };

  setHandler(
    messages.submitBasicInfo,
    (statement) => {
      inbox.basicInfo = statement;
      return view();
    },
    {
      validator: (_statement) => only('basicInfo', inbox.basicInfo === null),
      description: 'The customer filled in data and consents',
    },
  );

  setHandler(
    messages.submitIdentity,
    (submission) => {
      inbox.identity = submission;
      return view();
    },
    {
      validator: (_submission) => only('identity', inbox.identity === null && view().awaits === 'customer'),
      description: 'The customer sent photos of ID card and face',
    },
  );

  setHandler(
    messages.acceptOffer,
    ({ offerHash }) => {
      inbox.offerHash = offerHash;
      return view();
    },
    {
      validator: ({ offerHash }) => {
        only('offer', inbox.offerHash === null);
        if (offerHash !== facts.offer?.hash) run.refuse('OFFER_MISMATCH', 'the offer that was shown is not the offer that stands');
      },
      description: 'The customer accepted the offer',
    },
  );

  setHandler(
    messages.signContract,
    (signature) => {
      inbox.signature = signature;
      return view();
    },
    {
      validator: ({ documentSha256 }) => {
        only('contract', inbox.signature === null && facts.documentSha256 !== null);
        if (documentSha256 !== facts.documentSha256)
          run.refuse('DOCUMENT_MISMATCH', 'the document that was shown is not the document that stands');
      },
      description: 'The customer signed the contract',
    },
  );

  setVendorHandlers(run);
}

function setVendorHandlers({ inbox }: Run): void {
  setHandler(messages.creditReportReady, ({ inquiryId }) => void inbox.reportsReady.add(inquiryId), { description: 'CIC answered' });
  setHandler(
    messages.transactionSettled,
    (settlement) => {
      // At least once: the first outcome stands, repeats change nothing.
      inbox.settlement ??= settlement;
    },
    { description: 'The purchase has its final outcome' },
  );
}

/** Sets the handlers of steps 8 to 10, for this workflow and any other that makes a purchase. Call it before the first await. */
export function setPurchaseHandlers(run: Run): void {
  const { otp } = run.facts;
  const awaiting = (): void => {
    if (run.view().step !== 'purchase' || run.isEnding() || otp.verified) run.refuse('WRONG_STATE', 'no purchase waits for approval');
  };
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
        awaiting();
        if (amountVnd !== run.input.amountVnd) run.refuse('AMOUNT_MISMATCH', 'the amount that was shown is not the amount of the order');
      },
      description: 'The customer approves the purchase; WAY4 sends an OTP',
    },
  );

  setHandler(
    messages.resendOtp,
    async (by) => {
      otp.resend = by ?? 'customer';
      return sent();
    },
    {
      validator: (_by) => {
        awaiting();
        if (!otp.sent) run.refuse('OTP_NOT_AWAITED', 'no OTP was asked for yet');
        if (otp.resend) run.refuse('OTP_BEING_SENT', 'a new OTP is being sent');
        if (otp.challenges >= run.policy.otpMaxChallenges) run.refuse('RESENDS_SPENT', 'no further OTP can be sent for this purchase');
      },
      description: 'Sends a new OTP; the old one becomes worthless',
    },
  );

  setHandler(messages.submitOtp, async (submission) => guess(run, submission), {
    validator: (submission) => {
      awaiting();
      if (!otp.sent || otp.resend) run.refuse('OTP_NOT_AWAITED', 'no OTP is awaited');
      if (!isWellFormed(submission)) run.refuse('OTP_MALFORMED', 'an OTP has six digits');
    },
    description: 'The customer typed the OTP',
  });

  setHandler(
    messages.otpSubmitted,
    async (submission) => {
      const isAwaited = run.view().step === 'purchase' && !run.isEnding() && otp.sent && !otp.resend && !otp.verified;
      if (isAwaited && isWellFormed(submission)) await guess(run, submission);
    },
    { description: 'The OTP, from a system that can only signal' },
  );
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
  const ref = { applicationId: run.input.applicationId, step: 'verifyOtp', round: otp.guesses };
  // A guess never waits for staff: the customer stands at the counter and can simply try again.
  const answer = await run.call('verifyOtp', ref, { challengeId, code }).catch(() => ({ kind: 'unavailable' as const }));
  const resendsLeft = run.policy.otpMaxChallenges - otp.challenges;
  // Right, but the application ended while the bank looked: nothing is bought, and the customer must not be told otherwise.
  if (answer.kind === 'verified' && run.isEnding()) return { kind: 'expired', resendsLeft: 0 };
  if (answer.kind === 'verified') otp.verified = true;
  if (answer.kind === 'locked' && resendsLeft === 0) otp.spent = true;
  return answer.kind === 'expired' || answer.kind === 'locked' ? { kind: answer.kind, resendsLeft } : answer;
}

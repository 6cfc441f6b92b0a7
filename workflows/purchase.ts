// Steps 8 to 10: the customer approves the purchase with an OTP, and the purchase is handed off and settled. The same code serves the
// first purchase of an application and, later, those of returning customers.

import { CancellationScope } from '@temporalio/workflow';
import type { Settlement } from '../domain/application.ts';
import { EarlyEnd } from './end.ts';
import type { End } from './end.ts';
import type { Run } from './run.ts';

/** Takes the purchase from approval to its outcome. Throws EarlyEnd when it is not approved in time or the OTPs are spent. */
export async function purchase(run: Run): Promise<End> {
  run.enter('awaiting_approval', 'purchase', 'customer');
  await approvedWithOtp(run);
  return CancellationScope.nonCancellable(async () => settled(run, await handedOff(run)));
}

async function approvedWithOtp(run: Run): Promise<void> {
  const { otp } = run.facts;
  const until = run.movable(run.policy.approvalMs);
  await run.waitFor(() => otp.approved, until, 'APPROVAL_EXPIRED');
  while (!otp.verified) {
    const round = otp.challenges + 1;
    const by = typeof otp.resend === 'object' && otp.resend;
    const graceMs = round < run.policy.otpMaxChallenges ? undefined : run.policy.otpGraceMs;
    const sent = await run.step('requestOtp', round, () => ({ deadlineAt: until.deadlineAt, graceMs, ...(by && { by }) }));
    otp.challenges = round;
    otp.sent = { ...sent, resendsLeft: run.policy.otpMaxChallenges - round };
    Object.assign(otp, { resend: null, dead: null, guessesAtCode: 0 });
    // When no further code may be sent, the purchase can only be approved while this one lives; until then the core may still answer.
    const end = graceMs === undefined ? until : run.fixedAt(Date.parse(sent.expiresAt) + graceMs);
    await run.waitFor(() => otp.verified || otp.resend !== null || otp.spent, end, 'APPROVAL_EXPIRED');
    if (otp.spent) throw new EarlyEnd({ status: 'failed', reasons: ['OTP_ATTEMPTS_SPENT'] });
  }
  // The point of no return, set in the same turn in which the approval was seen: a cancel comes before it or is refused.
  run.facts.pastReturn = true;
}

async function handedOff(run: Run): Promise<string> {
  const { transactionId } = await run.step('handOffTransaction', 1);
  run.enter('settling', 'handOff');
  return transactionId;
}

async function settled(run: Run, transactionId: string): Promise<End> {
  const settlement = await outcome(run, transactionId);
  return settlement.status === 'posted'
    ? { status: 'completed', reasons: [], transactionId }
    : { status: 'failed', reasons: ['PURCHASE_REJECTED'], transactionId };
}

/** Waits for the signal; if it does not come, looks into the database, for as long as it takes: money on its way has no deadline. */
async function outcome(run: Run, transactionId: string): Promise<Settlement> {
  for (;;) {
    const told = await run.waitUntil(() => run.inbox.settlement?.transactionId === transactionId, Date.now() + run.policy.settledPollMs);
    // A database that is away must not end a run whose money is on its way: the next round looks again.
    const settlement = told ? run.inbox.settlement : await run.call('readSettlement', { transactionId }).catch(() => null);
    if (settlement) return settlement;
  }
}

// The story of one application, from the merchant's call to the booked purchase. It decides what happens next and nothing else:
// facts are in PostgreSQL, effects are in activities.

import type { OfferRef } from '../domain/application.ts';
import { AskedAgain, untilAccepted } from './ask-again.ts';
import { later } from './deadline.ts';
import { setApplicationHandlers } from './handlers.ts';
import type { ApplicationInput, ApplicationResult } from './messages.ts';
import { setPurchaseHandlers } from './otp-handlers.ts';
import { purchase } from './purchase.ts';
import { review } from './review.ts';
import { EarlyEnd } from './end.ts';
import { openRun } from './run.ts';
import type { Run } from './run.ts';
import { setStaffHandlers } from './staff-handlers.ts';

export async function application(input: ApplicationInput): Promise<ApplicationResult> {
  const run = openRun(input);
  setApplicationHandlers(run);
  setPurchaseHandlers(run);
  setStaffHandlers(run);
  return run.toTheEnd(async () => {
    await untilAccepted(run, async (from) => {
      if (from === 'basicInfo') await basicInfo(run);
      await identity(run);
      await creditReport(run);
      await acceptedOffer(run, await decision(run));
    });
    await activation(run); // saga: undone if anything below does not come to a good end
    await signedContract(run);
    return purchase(run);
  });
}

async function basicInfo(run: Run): Promise<void> {
  const { rounds } = run.facts;
  rounds.basicInfo += 1;
  const isFirst = rounds.basicInfo === 1;
  run.enter(isFirst ? 'created' : 'in_progress', 'basicInfo', 'customer');
  const until = isFirst ? run.firstUntil : run.movable(run.policy.basicInfoMs);
  await run.waitFor(() => run.inbox.basicInfo !== null, until, 'CUSTOMER_INACTIVE');
  const statement = run.inbox.basicInfo;
  if (!statement) return;
  await run.step('recordBasicInfo', rounds.basicInfo, () => ({ ...statement, deadlineAt: later(run.policy.identityMs) }));
}

async function identity(run: Run): Promise<void> {
  const { rounds } = run.facts;
  let until = run.movable(run.policy.identityMs);
  for (let attempt = 1; ; attempt += 1) {
    run.enter('in_progress', 'identity', 'customer');
    await run.waitFor(() => run.inbox.identity !== null, until, 'CUSTOMER_INACTIVE');
    const submission = run.inbox.identity;
    if (!submission) continue;
    run.enter('in_progress', 'identity');
    rounds.identity += 1;
    const verdict = await run.step('verifyIdentity', rounds.identity, () => ({
      submission,
      attemptsLeft: run.policy.identityMaxAttempts - attempt,
      deadlineAt: until.deadlineAt,
      reviewDueAt: later(run.policy.reviewMs),
    }));
    run.inbox.identity = null;
    if (verdict.kind === 'verified') return;
    if (verdict.kind === 'resubmit') continue;
    const { answer } = await review(run, { taskId: verdict.taskId, step: 'identity' });
    if (answer === 'approve') return;
    if (answer === 'decline') throw new EarlyEnd({ status: 'declined', reasons: ['DECLINED_BY_REVIEWER'] });
    until = run.movable(run.policy.identityMs); // asked again: the time that staff took is not the customer's
  }
}

// While CIC is away nobody is asked and nobody is declined: the run waits, and goes on by itself or, in the end, without a report.
async function creditReport(run: Run): Promise<void> {
  run.enter('in_progress', 'creditReport');
  const patience = { untilMs: Date.now() + run.policy.creditReportMs };
  const { reportsReady } = run.inbox;
  // One report for what the customer stated: new photos do not make a new inquiry, new data do.
  const round = run.facts.rounds.basicInfo;
  let report = await run.stepUntil(patience, 'requestCreditReport', round);
  for (let polls = 0; report?.kind === 'pending' && Date.now() < patience.untilMs; polls += 1) {
    const { inquiryId } = report;
    const pauseMs = run.policy.reportPollMs * Math.min(2 ** polls, slowestPoll);
    await run.waitUntil(() => reportsReady.has(inquiryId), Math.min(Date.now() + pauseMs, patience.untilMs));
    reportsReady.delete(inquiryId);
    report = await run.stepUntil(patience, 'readCreditReport', round, { inquiryId });
  }
  if (report?.kind !== 'answered') await run.step('giveUpCreditReport', round);
}

/** A report that is late is asked for less and less often: after an outage of hours a few minutes more do not matter. */
const slowestPoll = 15;

async function decision(run: Run): Promise<OfferRef> {
  const { rounds } = run.facts;
  rounds.decision += 1;
  run.enter('in_progress', 'decision');
  const decided = await run.step('decide', rounds.decision, () => ({
    offerExpiresAt: later(run.policy.offerMs),
    reviewDueAt: later(run.policy.reviewMs),
  }));
  if (decided.kind === 'approved') return decided.offer;
  if (decided.kind === 'declined') throw new EarlyEnd({ status: 'declined', reasons: decided.reasons });
  const answer = await review(run, { taskId: decided.taskId, step: 'decision' });
  if (answer.answer === 'askAgain') {
    const { actor, requestId = '' } = answer;
    throw new AskedAgain({ step: 'basicInfo', reason: 'BASIC_INFO_UNCLEAR', actor, requestId });
  }
  if (answer.answer !== 'approve') throw new EarlyEnd({ status: 'declined', reasons: ['DECLINED_BY_REVIEWER'] });
  run.enter('in_progress', 'decision');
  return run.step('approveByReview', rounds.decision, () => ({ ...answer, offerExpiresAt: later(run.policy.offerMs) }));
}

async function acceptedOffer(run: Run, offer: OfferRef): Promise<void> {
  run.enter('offer_ready', 'offer', 'customer');
  run.facts.offer = offer;
  await run.waitFor(() => run.inbox.offerHash !== null, run.fixedAt(Date.parse(offer.expiresAt)), 'OFFER_EXPIRED');
  await run.step('acceptOffer', 1, { offerHash: offer.hash, acceptedAt: new Date().toISOString() });
}

async function activation(run: Run): Promise<void> {
  run.enter('in_progress', 'activation');
  run.undo.add(async () => run.step('closeClient', 1));
  await run.step('createClient', 1);
  run.undo.add(async () => run.step('closeContract', 1));
  await run.step('createContract', 1);
}

async function signedContract(run: Run): Promise<void> {
  const until = run.movable(run.policy.signatureMs);
  const { documentSha256 } = await run.step('prepareContract', 1, () => ({ deadlineAt: until.deadlineAt }));
  run.enter('awaiting_signature', 'contract', 'customer');
  run.facts.documentSha256 = documentSha256;
  await run.waitFor(() => run.inbox.signature !== null, until, 'SIGNATURE_EXPIRED');
  const signature = run.inbox.signature;
  if (!signature) return;
  const signedAt = new Date().toISOString();
  await run.step('sealContract', 1, () => ({ ...signature, signedAt, deadlineAt: later(run.policy.approvalMs) }));
}

// The story of one application, from the merchant's call to the booked purchase. It decides what happens next and nothing else:
// facts are in PostgreSQL, effects are in activities.

import type { OfferRef } from '../domain/application.ts';
import { setApplicationHandlers, setPurchaseHandlers } from './handlers.ts';
import type { ApplicationInput, ApplicationResult } from './messages.ts';
import { purchase } from './purchase.ts';
import { review } from './review.ts';
import { EarlyEnd, openRun } from './run.ts';
import type { Run } from './run.ts';

export async function application(input: ApplicationInput): Promise<ApplicationResult> {
  const run = openRun(input);
  setApplicationHandlers(run);
  setPurchaseHandlers(run);
  return run.toTheEnd(async () => {
    await basicInfo(run);
    await identity(run);
    await creditReport(run);
    await acceptedOffer(run, await decision(run));
    await activation(run); // saga: undone if anything below does not come to a good end
    await signedContract(run);
    return purchase(run);
  });
}

async function basicInfo(run: Run): Promise<void> {
  run.enter('created', 'basicInfo', 'customer');
  await run.waitFor(() => run.inbox.basicInfo !== null, Date.now() + run.policy.basicInfoMs, 'CUSTOMER_INACTIVE');
  const statement = run.inbox.basicInfo;
  if (!statement) return;
  await run.step('recordBasicInfo', 1, { ...statement, deadlineAt: later(run.policy.identityMs) });
}

async function identity(run: Run): Promise<void> {
  let atMs = Date.now() + run.policy.identityMs;
  for (let round = 1; ; round += 1) {
    run.enter('in_progress', 'identity', 'customer');
    await run.waitFor(() => run.inbox.identity !== null, atMs, 'CUSTOMER_INACTIVE');
    const submission = run.inbox.identity;
    if (!submission) continue;
    run.enter('in_progress', 'identity');
    const verdict = await run.step('verifyIdentity', round, {
      submission,
      attemptsLeft: run.policy.identityMaxAttempts - round,
      deadlineAt: new Date(atMs).toISOString(),
      reviewDueAt: later(run.policy.reviewMs),
    });
    run.inbox.identity = null;
    if (verdict.kind === 'verified') return;
    if (verdict.kind === 'resubmit') continue;
    const answer = await review(run, { taskId: verdict.taskId, step: 'identity' });
    if (answer === 'approve') return;
    if (answer === 'decline') throw new EarlyEnd({ status: 'declined', reasons: ['DECLINED_BY_REVIEWER'] });
    atMs = Date.now() + run.policy.identityMs; // asked again: the time that staff took is not the customer's
  }
}

async function creditReport(run: Run): Promise<void> {
  run.enter('in_progress', 'creditReport');
  const atMs = Date.now() + run.policy.creditReportMs;
  const { reportsReady } = run.inbox;
  let report = await run.step('requestCreditReport', 1);
  while (report.kind === 'pending') {
    const { inquiryId } = report;
    await run.waitUntil(() => reportsReady.has(inquiryId), Math.min(Date.now() + run.policy.reportPollMs, atMs));
    reportsReady.delete(inquiryId);
    report = await run.step('readCreditReport', 1, { inquiryId });
    if (report.kind === 'pending' && Date.now() >= atMs) report = await run.step('giveUpCreditReport', 1, { inquiryId });
  }
}

async function decision(run: Run): Promise<OfferRef> {
  run.enter('in_progress', 'decision');
  const decided = await run.step('decide', 1, { offerExpiresAt: later(run.policy.offerMs), reviewDueAt: later(run.policy.reviewMs) });
  if (decided.kind === 'approved') return decided.offer;
  if (decided.kind === 'declined') throw new EarlyEnd({ status: 'declined', reasons: decided.reasons });
  const answer = await review(run, { taskId: decided.taskId, step: 'decision' });
  if (answer !== 'approve') throw new EarlyEnd({ status: 'declined', reasons: ['DECLINED_BY_REVIEWER'] });
  run.enter('in_progress', 'decision');
  return run.step('approveByReview', 1, { taskId: decided.taskId, offerExpiresAt: later(run.policy.offerMs) });
}

async function acceptedOffer(run: Run, offer: OfferRef): Promise<void> {
  run.enter('offer_ready', 'offer', 'customer');
  run.facts.offer = offer;
  await run.waitFor(() => run.inbox.offerHash !== null, Date.parse(offer.expiresAt), 'OFFER_EXPIRED');
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
  const atMs = Date.now() + run.policy.signatureMs;
  const { documentSha256 } = await run.step('prepareContract', 1, { deadlineAt: new Date(atMs).toISOString() });
  run.enter('awaiting_signature', 'contract', 'customer');
  run.facts.documentSha256 = documentSha256;
  await run.waitFor(() => run.inbox.signature !== null, atMs, 'SIGNATURE_EXPIRED');
  const signature = run.inbox.signature;
  if (!signature) return;
  await run.step('sealContract', 1, { ...signature, signedAt: new Date().toISOString(), deadlineAt: later(run.policy.approvalMs) });
}

function later(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

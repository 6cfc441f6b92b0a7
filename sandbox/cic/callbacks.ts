// Tells lenders that their inquiries are answered: a signed callback, tried again for a while, from a list in the database, so that a
// sandbox that was killed in between still calls. Who missed every call finds the answer by polling.

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { callbackHeaders, signCallback } from '../../adapters/cic/wire.ts';
import { sandboxLimits } from '../../config/sandbox-limits.ts';
import type { Faults } from '../faults.ts';
import { whole } from '../store.ts';
import type { Store } from '../store.ts';

export interface CallbackDeps {
  store: Store;
  faults: Faults;
  secret: string;
  slowMs: number;
  onFailure: (failure: { inquiryId: string; tries: number; error: unknown }) => void;
}

/** Starts calling back what is due, until the signal aborts; the promise resolves when the last call has ended. */
export async function callBack(deps: CallbackDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const due = await claimDue(deps.store).catch((error: unknown) => {
      deps.onFailure({ inquiryId: '', tries: 0, error });
      return [];
    });
    await Promise.all(due.map(async (inquiry) => deliver(deps, inquiry, signal)));
    if (due.length === 0) await delay(sandboxLimits.callbackPollMs, undefined, { signal }).catch(() => undefined);
  }
}

const dueInquiry = z.object({ inquiry_id: z.string(), request_id: z.string(), callback_url: z.string(), callback_tries: whole });
type DueInquiry = z.output<typeof dueInquiry>;

/** Takes due callbacks and puts their next try into the future, so that a crash in between only delays it. */
async function claimDue(store: Store): Promise<DueInquiry[]> {
  return store.rows(
    dueInquiry,
    `update inquiries set callback_tries = callback_tries + 1,
       callback_due_at = case when callback_tries + 1 < $1 then now() + (2 ^ callback_tries) * interval '1 second' end
     where inquiry_id in (
       select inquiry_id from inquiries where callback_due_at <= now() order by callback_due_at limit $2 for update skip locked)
     returning inquiry_id, request_id, callback_url, callback_tries`,
    [sandboxLimits.callbackMaxTries, sandboxLimits.callbackBatch],
  );
}

async function deliver(deps: CallbackDeps, inquiry: DueInquiry, signal: AbortSignal): Promise<void> {
  const fault = deps.faults.take('cic', 'callback');
  const isLost = fault?.fault === 'fail' || fault?.fault === 'drop_before' || fault?.fault === 'throttle';
  const body = fault?.fault === 'garbage' ? '{"half":' : JSON.stringify({ inquiryId: inquiry.inquiry_id, requestId: inquiry.request_id });
  try {
    if (fault?.fault === 'slow') await delay(fault.delayMs ?? deps.slowMs, undefined, { signal });
    if (!isLost) await post(deps.secret, inquiry.callback_url, body);
    if (fault?.fault === 'answer_twice') await post(deps.secret, inquiry.callback_url, body);
    await deps.store.run('update inquiries set callback_due_at = null where inquiry_id = $1', [inquiry.inquiry_id]);
  } catch (error) {
    if (!signal.aborted) deps.onFailure({ inquiryId: inquiry.inquiry_id, tries: inquiry.callback_tries, error });
  }
}

async function post(secret: string, url: string, body: string): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [callbackHeaders.timestamp]: timestamp,
      [callbackHeaders.signature]: signCallback(body, timestamp, secret),
    },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(sandboxLimits.callbackTimeoutMs),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the callback was answered with ${response.status}`);
}

// After an outage, many steps wait at once: one act of staff tries them all again, a few at a time. Which ones is fixed and recorded before
// the first is touched, so a repeat with the same key touches the same ones, and each of them gives its first answer.

import { staffLimits } from '../../config/staff-limits.ts';
import { stuckApplications, takenBefore } from '../../db/bulk.ts';
import type { StuckFilter } from '../../db/bulk.ts';
import type { ApiDeps } from '../environment.ts';
import { fingerprint } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { ProblemCode } from '../problem-kinds.ts';
import { allowed } from './allowed.ts';
import { retryStep } from './retry-step.ts';

const action = 'applications.bulk_retry_asked';

export interface BulkRetry {
  actor: string;
  reason: string;
  requestId: string;
  commandId: string;
  filter: StuckFilter;
}

export type Retried = { id: string; result: 'retried' } | { id: string; result: 'refused'; code: ProblemCode };

/** Tries every chosen step again; what came of each, in order. Throws TOO_MANY_REQUESTS with nothing done. */
export async function bulkRetry(deps: ApiDeps, retry: BulkRetry): Promise<Retried[]> {
  const ids = await chosen(deps, retry);
  const results: Retried[] = [];
  for (let at = 0; at < ids.length; at += staffLimits.bulkRetryAtOnce) {
    const few = ids.slice(at, at + staffLimits.bulkRetryAtOnce);
    results.push(...(await Promise.all(few.map(async (id) => retryOne(deps, retry, id)))));
    // While Temporal is away each further one would only wait for its time-out.
    if (results.slice(-few.length).every((each) => 'code' in each && each.code === 'TEMPORARILY_UNAVAILABLE'))
      return [...results, ...ids.slice(at + few.length).map((id) => refused(id, 'TEMPORARILY_UNAVAILABLE'))];
  }
  return results;
}

async function chosen({ database }: ApiDeps, { actor, reason, requestId, commandId, filter }: BulkRetry): Promise<string[]> {
  return database.withTransaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [commandId]);
    const before = await takenBefore(tx, actor, action, commandId);
    if (before) return before;
    const ids = await stuckApplications(tx, filter);
    const entry = { actor, action, applicationId: null, subject: commandId, reason, requestId, change: { filter, ids } };
    await allowed(tx, entry, staffLimits.bulkRetriesMax);
    return ids;
  });
}

async function retryOne(deps: ApiDeps, { actor, reason, requestId, commandId }: BulkRetry, id: string): Promise<Retried> {
  const digest = fingerprint([commandId, id]); // the command id is made of who and the key
  const act = { actor, action: 'application.retry_asked', applicationId: id, reason, requestId, key: { id: digest, fingerprint: digest } };
  try {
    await retryStep(deps, act, commandId);
    return { id, result: 'retried' };
  } catch (error) {
    if (error instanceof Problem) return refused(id, error.code);
    throw error;
  }
}

function refused(id: string, code: ProblemCode): Retried {
  return { id, result: 'refused', code };
}

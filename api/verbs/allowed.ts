// What staff may do only so often in a while, because it shows or moves much: recorded in the audit log, which is also what is counted.

import { staffLimits } from '../../config/staff-limits.ts';
import { auditWithin } from '../../db/audit.ts';
import type { AuditEntry } from '../../db/audit.ts';
import type { Tx } from '../../db/pool.ts';
import { Problem } from '../problems.ts';

/** Records the act. Throws TOO_MANY_REQUESTS, with nothing recorded, when this person has done it `max` times within the period. */
export async function allowed(tx: Tx, entry: AuditEntry, max: number): Promise<void> {
  const refused = await auditWithin(tx, entry, { max, periodMs: staffLimits.periodMs });
  if (!refused) return;
  throw new Problem('TOO_MANY_REQUESTS', {
    detail: `You have done this ${max} times in ${staffLimits.periodMs / 60_000} minutes. Wait as Retry-After says, or ask a colleague.`,
    headers: { 'retry-after': String(refused.retryAfterSeconds) },
  });
}

// Outcomes that a workflow has to hear of. A notice is written in the commit of the outcome and deleted when Temporal took the signal,
// so a Temporal that is down for an hour costs an hour and nothing else.

import type { Tx } from './pool.ts';

export interface OutcomeNotice {
  transactionId: string;
  applicationId: string;
  status: 'posted' | 'rejected';
  attempts: number;
}

/** Takes up to `limit` due notices; those that another process holds are passed over. They stay locked until the commit. */
export async function claimNotices(tx: Tx, limit: number): Promise<OutcomeNotice[]> {
  const { rows } = await tx.query<OutcomeNotice & Record<string, unknown>>(
    `select n.transaction_id as "transactionId", t.application_id as "applicationId", t.status, n.attempts
     from outcome_notices n join transactions t on t.id = n.transaction_id
     where n.available_at <= clock_timestamp() order by n.available_at limit $1 for update of n skip locked`,
    [limit],
  );
  return rows;
}

/** Forgets the notices that were taken, and puts the others off. */
export async function markNotices(tx: Tx, result: { told: string[]; failed: string[]; retryMs: number }): Promise<void> {
  if (result.told.length > 0) await tx.query('delete from outcome_notices where transaction_id = any($1)', [result.told]);
  if (result.failed.length > 0) {
    await tx.query(
      `update outcome_notices set attempts = attempts + 1, available_at = clock_timestamp() + $2 * interval '1 millisecond'
       where transaction_id = any($1)`,
      [result.failed, result.retryMs],
    );
  }
}

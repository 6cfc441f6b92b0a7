// Tells workflows the outcomes of their transactions, as long as it takes. The notice was written in the commit of the outcome and goes
// when Temporal took the signal; a crash between the two tells it twice, which a workflow ignores.

import { claimNotices, markNotices } from '../db/notices.ts';
import type { OutcomeNotice } from '../db/notices.ts';
import type { Database } from '../db/pool.ts';
import type { Faults } from './fault-points.ts';

/** Takes an outcome to its workflow. Resolves when Temporal stored the signal, or when the workflow is gone, which counts as told;
 *  rejects otherwise. Repeat: the workflow ignores it. */
export type Notify = (settlement: { applicationId: string; transactionId: string; status: 'posted' | 'rejected' }) => Promise<void>;

export interface NoticeDeps {
  database: Database;
  notify: Notify;
  batch: number;
  retryMs: number;
  faults: Faults;
  onFault: (error: unknown) => void;
}

/** Tells one batch. True when all of a full batch were told, so that there is probably more. */
export async function noticeRound(deps: NoticeDeps): Promise<boolean> {
  const told = await deps.database.withTransaction(async (tx) => {
    const notices = await claimNotices(tx, deps.batch);
    if (notices.length === 0) return 0;
    await deps.faults('notice.claimed');
    const results = await Promise.all(notices.map(async (notice) => tell(deps, notice)));
    await deps.faults('notice.told');
    const told = idsOf(results, true);
    await markNotices(tx, { told, failed: idsOf(results, false), retryMs: deps.retryMs });
    return told.length;
  });
  if (told > 0) await deps.faults('notice.forgotten');
  return told === deps.batch;
}

async function tell({ notify, onFault }: NoticeDeps, notice: OutcomeNotice): Promise<{ transactionId: string; told: boolean }> {
  const { transactionId } = notice;
  try {
    await notify(notice);
    return { transactionId, told: true };
  } catch (error) {
    onFault(error);
    return { transactionId, told: false };
  }
}

function idsOf(results: { transactionId: string; told: boolean }[], told: boolean): string[] {
  return results.filter((result) => result.told === told).map((result) => result.transactionId);
}

// What one comparison found, while it is counted and as it is reported: numbers for everything, names for as many breaks as a person reads.

import { handleBreak, lookUpBreak } from '../db/breaks.ts';
import type { Handling } from '../db/breaks.ts';
import type { Database } from '../db/pool.ts';
import type { Break, BreakKind, ReconciledTransaction, ReconciliationSummary } from '../domain/reconciliation.ts';
import type { Progress } from './reconciliation.ts';

export interface ReconciliationReport {
  startedAt: string;
  since: string;
  dryRun: boolean;
  compared: { transactions: number; documents: number; moving: number };
  /** All breaks of this run, by kind. */
  found: Partial<Record<BreakKind, number>>;
  /** The first of them; the table `reconciliation_breaks` has all. */
  breaks: (Omit<Break, 'occurredAt'> & { occurredAt: string; handling: Exclude<Handling, 'left'> | 'found' })[];
  repaired: number;
  /** Breaks that staff have explained: nobody is asked again. */
  explained: number;
  /** New breaks that were found beyond what one run takes on: counted as open, not kept yet. */
  left: number;
  /** Breaks of earlier runs that are no more. */
  cleared: number;
  /** Breaks that a person has to look at. */
  open: number;
}

export interface Tally {
  documents: number;
  cleared: number;
  read(transactions: readonly ReconciledTransaction[]): void;
  /** Handles breaks, each once a run and in a commit of its own; so many new ones at most, but all that are known. */
  take(found: readonly Break[]): Promise<void>;
  /** True for a break that this run has taken on. */
  has(named: BreakName): boolean;
  progress(): Progress;
  report(about: { startedAt: Date; since: Date; dryRun: boolean }): ReconciliationReport;
}

export type BreakName = Pick<Break, 'kind' | 'against' | 'reference'>;

export function keyOf({ kind, against, reference }: BreakName): string {
  return `${kind} ${against} ${reference}`;
}

export interface TallyOptions {
  database: Pick<Database, 'query' | 'withTransaction'>;
  dryRun: boolean;
  quietMs: number;
  maxBreaks: number;
  reportBreaks: number;
}

export function createTally({ database, dryRun, quietMs, maxBreaks, reportBreaks }: TallyOptions): Tally {
  const taken = new Set<string>();
  const found: ReconciliationReport['found'] = {};
  const breaks: ReconciliationReport['breaks'] = [];
  const handled = { repaired: 0, explained: 0, opened: 0, open: 0, found: 0, left: 0 };
  const counts = { transactions: 0, moving: 0 };
  const handle = async (each: Break): Promise<keyof typeof handled> => {
    const takesNew = handled.opened + handled.repaired + handled.found < maxBreaks;
    if (dryRun) {
      const known = await lookUpBreak(database, each);
      return known === 'new' && !takesNew ? 'left' : known === 'explained' ? 'explained' : 'found';
    }
    return database.withTransaction(async (tx) => handleBreak(tx, each, { quietMs, takesNew }));
  };
  const take = async (each: Break): Promise<void> => {
    if (taken.has(keyOf(each))) return;
    found[each.kind] = (found[each.kind] ?? 0) + 1;
    const handling = await handle(each);
    handled[handling] += 1;
    if (handling === 'left') return;
    taken.add(keyOf(each));
    if (breaks.length < reportBreaks) breaks.push({ ...each, occurredAt: each.occurredAt.toISOString(), handling });
  };
  const tally: Tally = {
    documents: 0,
    cleared: 0,
    read: (transactions) => {
      counts.transactions += transactions.length;
      counts.moving += transactions.filter(({ moving }) => moving).length;
    },
    take: async (all) => {
      for (const each of all) await take(each);
    },
    has: (named) => taken.has(keyOf(named)),
    progress: () => ({ documents: tally.documents, transactions: counts.transactions, breaks: taken.size + handled.left }),
    report: ({ startedAt, since, dryRun: isDry }) => ({
      startedAt: startedAt.toISOString(),
      since: since.toISOString(),
      dryRun: isDry,
      compared: { transactions: counts.transactions, documents: tally.documents, moving: counts.moving },
      found,
      breaks,
      repaired: handled.repaired,
      explained: handled.explained,
      left: handled.left,
      cleared: tally.cleared,
      open: handled.opened + handled.open + handled.found + handled.left,
    }),
  };
  return tally;
}

/** The report in numbers. */
export function summarize({ since, compared, found, repaired, open, cleared }: ReconciliationReport): ReconciliationSummary {
  return { since, ...compared, found, repaired, open, cleared };
}

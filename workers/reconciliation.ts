// One comparison of our books with WAY4's and with the ends of applications: read, compare, repair what is safe, keep the rest for people.
// WAY4 is read first and we second: what WAY4 has booked was accepted by us before, so nothing that is just happening looks missing.

import { clearBreaks, databaseClock, handleBreak, readOurBooks } from '../db/reconciliation.ts';
import type { Handling } from '../db/reconciliation.ts';
import type { Database } from '../db/pool.ts';
import type { CardCoreBooks, CoreDocument } from '../domain/ports.ts';
import { findBreaks } from '../domain/reconciliation.ts';
import type { Break, BreakKind, ReconciliationSummary } from '../domain/reconciliation.ts';

export interface ReconciliationOptions {
  database: Database;
  books: CardCoreBooks;
  /** How far back, in milliseconds. */
  periodMs: number;
  /** What changed within this time is left for the next run. */
  quietMs: number;
  /** WAY4 is read from this much earlier than the period begins, for its clock is not ours. */
  clockSkewMs: number;
  pageRows: number;
  maxRows: number;
  /** Compares and changes nothing. */
  dryRun: boolean;
}

export interface ReconciliationReport {
  startedAt: string;
  since: string;
  dryRun: boolean;
  compared: { transactions: number; documents: number; moving: number };
  breaks: (Omit<Break, 'occurredAt'> & { occurredAt: string; handling: Handling | 'found' })[];
  /** Breaks of earlier runs that are no more. */
  cleared: number;
  /** Breaks that a person has to look at. */
  open: number;
}

/** The period holds more than one comparison takes; nothing was compared. */
class PeriodTooLong extends Error {
  override readonly name = 'PeriodTooLong';

  constructor(maxRows: number) {
    super(`the period holds more than ${maxRows} rows; choose a shorter one`);
  }
}

/** Runs one comparison. Throws what the database or WAY4 throws; then nothing was concluded from half a list. Repeat: the same breaks are
 *  not opened twice, and no repair is done twice. */
export async function reconcile(options: ReconciliationOptions): Promise<ReconciliationReport> {
  const { database, dryRun, quietMs, maxRows } = options;
  const startedAt = await databaseClock(database);
  const since = new Date(startedAt.getTime() - options.periodMs);
  const documents = await readDocuments(options, new Date(since.getTime() - options.clockSkewMs));
  const rrns = [...new Set(documents.map(({ rrn }) => rrn))];
  const ours = await readOurBooks(database, { since, rrns, quietMs, limit: maxRows + 1 });
  if (ours.transactions.length > maxRows || ours.withoutTransaction.length > maxRows) throw new PeriodTooLong(maxRows);
  const found = findBreaks({ ...ours, documents });
  const breaks: ReconciliationReport['breaks'] = [];
  for (const each of found) {
    const handling = dryRun ? 'found' : await database.withTransaction(async (tx) => handleBreak(tx, each));
    breaks.push({ ...each, occurredAt: each.occurredAt.toISOString(), handling });
  }
  return {
    startedAt: startedAt.toISOString(),
    since: since.toISOString(),
    dryRun,
    compared: {
      transactions: ours.transactions.length,
      documents: documents.length,
      moving: ours.transactions.filter(({ moving }) => moving).length,
    },
    breaks,
    cleared: dryRun ? 0 : await database.withTransaction(async (tx) => clearBreaks(tx, { since, startedAt })),
    open: breaks.filter(({ handling }) => handling !== 'repaired').length,
  };
}

/** The report in numbers. */
export function summarize({ since, compared, breaks, cleared, open }: ReconciliationReport): ReconciliationSummary {
  const found: Partial<Record<BreakKind, number>> = {};
  for (const { kind } of breaks) found[kind] = (found[kind] ?? 0) + 1;
  return { since, ...compared, found, repaired: breaks.length - open, open, cleared };
}

async function readDocuments({ books, pageRows, maxRows }: ReconciliationOptions, since: Date): Promise<CoreDocument[]> {
  const documents: CoreDocument[] = [];
  for (let after: string | null = null; ;) {
    const page = await books.listPurchases({ since, after, limit: pageRows }, { reference: 'reconciliation' });
    documents.push(...page.documents);
    if (documents.length > maxRows) throw new PeriodTooLong(maxRows);
    if (page.next === null) return documents;
    after = page.next;
  }
}

// One comparison of our books with WAY4's and with the ends of applications: read, compare, repair what is safe, keep the rest for people.
// WAY4 is read first and we second: what WAY4 has booked was accepted by us before, so nothing that is just happening looks missing. What
// WAY4 lists is put on a stage in the database and compared batch by batch, so that a period of any volume takes the memory of one batch.

import { setTimeout as pause } from 'node:timers/promises';
import { clearBreaks, readUnseenBreaks } from '../db/breaks.ts';
import type { OpenBreak } from '../db/breaks.ts';
import { databaseClock, readAccepted, readByRrn, readOpen, readOrphans, readOrphansOf, readSettledLate } from '../db/reconciliation.ts';
import type { Batch, Cursor } from '../db/reconciliation.ts';
import { withStage } from '../db/reconciliation-stage.ts';
import type { Stage } from '../db/reconciliation-stage.ts';
import type { Database } from '../db/pool.ts';
import { VendorFailure } from '../domain/failures.ts';
import type { CardCoreBooks, CoreDocument, CorePage } from '../domain/ports.ts';
import { findBreaks } from '../domain/reconciliation.ts';
import type { Break, ReconciledTransaction } from '../domain/reconciliation.ts';
import { createTally, keyOf } from './reconciliation-report.ts';
import type { ReconciliationReport, Tally } from './reconciliation-report.ts';

export interface ReconciliationOptions {
  database: Database;
  books: CardCoreBooks;
  /** How far back, in milliseconds. */
  periodMs: number;
  /** What changed within this time before the start is left for the next run. */
  quietMs: number;
  /** WAY4 is read from this much earlier than the period begins, for its clock is not ours. */
  clockSkewMs: number;
  pageRows: number;
  /** Rows compared in memory at once. */
  batchRows: number;
  /** Questions about one RRN that WAY4 is asked at once. */
  askAtOnce: number;
  /** How often a page is asked for while WAY4 is away, and how long the first pause between is. */
  askTries: number;
  askPauseMs: number;
  /** New breaks that this run takes on; what is found beyond is counted and left to the next. */
  maxBreaks: number;
  /** Breaks that the report names. */
  reportBreaks: number;
  /** Compares and changes nothing. */
  dryRun: boolean;
  /** Told after every page and batch. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  documents: number;
  transactions: number;
  breaks: number;
}

interface Run extends ReconciliationOptions {
  startedAt: Date;
  since: Date;
  /** What changed after this is still moving. */
  stableSince: Date;
  stage: Stage;
  tally: Tally;
}

type Listed = Awaited<ReturnType<CardCoreBooks['listPurchases']>>;

const call = { reference: 'reconciliation' };

/** Runs one comparison. Throws what the database or WAY4 throws: nothing is concluded from half a list. Throws {@link ComparisonRuns} while
 *  another one runs, unless it is a dry run. Repeat: the same breaks are not opened twice, and no repair is done twice. */
export async function reconcile(options: ReconciliationOptions): Promise<ReconciliationReport> {
  const { database, dryRun, periodMs, quietMs } = options;
  return withStage(database, !dryRun, async (stage) => {
    const startedAt = await databaseClock(database);
    const since = before(startedAt, periodMs);
    const run: Run = { ...options, startedAt, since, stableSince: before(startedAt, quietMs), stage, tally: createTally(options) };
    await listDocuments(run);
    await compareListed(run);
    await compareUnlisted(run);
    await compareOlder(run);
    await compareSettledLate(run);
    await compareOrphans(run);
    await lookAgain(run);
    return run.tally.report({ startedAt, since, dryRun });
  });
}

async function listDocuments(run: Run): Promise<void> {
  const { since, clockSkewMs, pageRows: limit, stage, tally, onProgress } = run;
  const list = async (after: string | null): Promise<Listed | null> => listPage(run, { since: before(since, clockSkewMs), after, limit });
  for (let page = await list(null); page !== null;) {
    const { documents, next } = page;
    tally.documents += documents.length;
    onProgress?.(tally.progress());
    [page] = await Promise.all([next === null ? null : list(next), stage.add(documents)]);
  }
}

/** One page. A long run must not end for one lost answer, and reading changes nothing: while WAY4 is away, it is asked again a few times. */
async function listPage({ books, askTries, askPauseMs }: Run, page: CorePage): Promise<Listed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await books.listPurchases(page, call);
    } catch (error) {
      const isAway = error instanceof VendorFailure && (error.kind === 'unavailable' || error.kind === 'busy');
      if (!isAway || attempt >= askTries) throw error;
      await pause(askPauseMs * attempt);
    }
  }
}

/** What WAY4 lists, with what we have of it. */
async function compareListed(run: Run): Promise<void> {
  const { database, stage, batchRows, since, stableSince, tally } = run;
  for (let after = ''; ;) {
    const documents = await stage.after(after, batchRows);
    const last = documents.at(-1);
    if (!last) return;
    after = last.rrn;
    const transactions = await readByRrn(database, distinct(documents), stableSince);
    tally.read(transactions);
    const found = findBreaks({ transactions, documents, withoutTransaction: [] });
    const [older, inPeriod] = partition(transactions, ({ acceptedAt }) => acceptedAt < since);
    const doubted = doubtful(run, older, documents, found);
    const within = new Set(inPeriod.map(({ rrn }) => rrn));
    await tally.take(found.filter(({ transactionId, reference }) => transactionId === null || within.has(reference)));
    await tally.take((await askAbout(run, doubted)).found);
    run.onProgress?.(tally.progress());
  }
}

/** Of purchases from before the period the list may have some documents and lack others. Who looks broken, or was booked late, is asked about. */
function doubtful(
  { since, clockSkewMs }: Run,
  older: readonly ReconciledTransaction[],
  documents: readonly CoreDocument[],
  found: readonly Break[],
): string[] {
  const broken = new Set(found.map(({ reference }) => reference));
  const lateFrom = since.getTime() + clockSkewMs;
  const late = new Set(documents.filter(({ bookedAt }) => Date.parse(bookedAt) >= lateFrom).map(({ rrn }) => rrn));
  return older.filter(({ rrn }) => broken.has(rrn) || late.has(rrn)).map(({ rrn }) => rrn);
}

/** What we accepted in the period and WAY4 does not list. */
async function compareUnlisted(run: Run): Promise<void> {
  const { database, stage, since, startedAt: until, stableSince, batchRows: limit, tally } = run;
  await inBatches(since, async (after) => {
    const batch = await readAccepted(database, { after, until, stableSince, limit });
    const known = await stage.known(batch.rows.map(({ rrn }) => rrn));
    const transactions = batch.rows.filter(({ rrn }) => !known.has(rrn));
    tally.read(transactions);
    await tally.take(findBreaks({ transactions, documents: [], withoutTransaction: [] }));
    run.onProgress?.(tally.progress());
    return batch;
  });
}

/** What we accepted before the period and has no outcome yet: compared for as long as it is open. */
async function compareOlder(run: Run): Promise<void> {
  const { database, since: until, stableSince, batchRows: limit, tally } = run;
  await inBatches(new Date(0), async (after) => {
    const batch = await readOpen(database, { after, until, stableSince, limit });
    tally.read(batch.rows);
    const still = batch.rows.filter(({ moving }) => !moving);
    await tally.take((await askAbout(run, distinct(still))).found);
    return batch;
  });
}

/** What we accepted before the period and posted within it, and WAY4 does not list: asked about, for it may have been booked before the period. */
async function compareSettledLate(run: Run): Promise<void> {
  const { database, stage, since, startedAt: until, stableSince, batchRows: limit, tally } = run;
  await inBatches(since, async (after) => {
    const batch = await readSettledLate(database, { after, until, stableSince, limit });
    const older = batch.rows.filter(({ acceptedAt, status }) => acceptedAt < since && status === 'posted');
    const known = await stage.known(older.map(({ rrn }) => rrn));
    const unlisted = older.filter(({ rrn }) => !known.has(rrn));
    tally.read(unlisted);
    await tally.take((await askAbout(run, distinct(unlisted))).found);
    return batch;
  });
}

/** Applications that can only be where they are with a transaction, and have none. */
async function compareOrphans({ database, since, stableSince: until, batchRows: limit, tally }: Run): Promise<void> {
  await inBatches(since, async (after) => {
    const batch = await readOrphans(database, { after, until, limit });
    await tally.take(findBreaks({ transactions: [], documents: [], withoutTransaction: batch.rows }));
    return batch;
  });
}

/** Breaks of earlier runs that this one did not find, however old: cleared where the books agree, left alone while something moves. */
async function lookAgain(run: Run): Promise<void> {
  const { database, startedAt, batchRows: limit, dryRun, tally } = run;
  for (let afterId = 0; ;) {
    const open = await readUnseenBreaks(database, { afterId, before: startedAt, limit });
    const last = open.at(-1);
    if (!last) return;
    afterId = last.id;
    const unseen = open.filter((each) => !tally.has(each));
    const [orphans, others] = partition(unseen, isAboutApplication);
    const { found, moving } = await askAbout(run, distinct(others.map(({ reference: rrn }) => ({ rrn }))));
    const withoutTransaction = await readOrphansOf(
      database,
      orphans.map(({ reference }) => reference),
    );
    const stillThere = [...found, ...findBreaks({ transactions: [], documents: [], withoutTransaction })];
    await tally.take(stillThere);
    const keys = new Set(stillThere.map(keyOf));
    const gone = unseen.filter((each) => !keys.has(keyOf(each)) && !moving.has(each.reference)).map(({ id }) => id);
    if (!dryRun && gone.length > 0) tally.cleared += await database.withTransaction(async (tx) => clearBreaks(tx, gone));
    run.onProgress?.(tally.progress());
  }
}

function isAboutApplication({ kind, against }: OpenBreak): boolean {
  return against === 'workflow' && kind === 'missing_here';
}

/** Compares single purchases with all that WAY4 has of them, whenever it was booked. */
async function askAbout(run: Run, rrns: readonly string[]): Promise<{ found: Break[]; moving: Set<string> }> {
  const { database, quietMs, pageRows: limit, askAtOnce, onProgress, tally } = run;
  if (rrns.length === 0) return { found: [], moving: new Set() };
  const stableSince = before(await databaseClock(database), quietMs);
  const documents: CoreDocument[] = [];
  for (let from = 0; from < rrns.length; from += askAtOnce) {
    const asked = rrns.slice(from, from + askAtOnce);
    const pages = await Promise.all(asked.map(async (rrn) => listPage(run, { since: new Date(0), rrn, after: null, limit })));
    documents.push(...pages.flatMap((page) => page.documents));
    onProgress?.(tally.progress());
  }
  const transactions = await readByRrn(database, rrns, stableSince);
  return {
    found: findBreaks({ transactions, documents, withoutTransaction: [] }),
    moving: new Set(transactions.filter(({ moving }) => moving).map(({ rrn }) => rrn)),
  };
}

async function inBatches(from: Date, work: (after: Cursor) => Promise<Batch<unknown>>): Promise<void> {
  for (let after: Cursor | null = { at: from.toISOString(), id: '' }; after !== null;) after = (await work(after)).next;
}

function before(time: Date, ms: number): Date {
  return new Date(time.getTime() - ms);
}

function distinct(rows: readonly { rrn: string }[]): string[] {
  return [...new Set(rows.map(({ rrn }) => rrn))];
}

function partition<T>(rows: readonly T[], is: (row: T) => boolean): [T[], T[]] {
  return [rows.filter(is), rows.filter((row) => !is(row))];
}

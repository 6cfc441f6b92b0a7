// The measurement of `npm run cost`, in a process with the servers in its environment: whole applications through the real system, one after
// the other, and what Temporal and PostgreSQL counted meanwhile. Prints one JSON value.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/pool.ts';
import { aJourney } from '../../test/e2e/support/journey.ts';
import { eventually } from '../../test/support/eventually.ts';
import { openSystem } from '../../test/support/system.ts';
import type { System } from '../../test/support/system.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import type { Cost } from './main.ts';

const applications = 3;
const idleMs = 10_000;

const { system, stop } = await openSystem();
try {
  process.stdout.write(JSON.stringify(await measure(system)));
} finally {
  await stop();
}

async function measure({ database }: System): Promise<Cost> {
  await database.query('create extension pg_stat_statements');
  await buy(); // the first one also fills caches and prepares statements
  const idle = await counted(database, async () => pause(idleMs));
  const startedAt = performance.now();
  const bought: Awaited<ReturnType<typeof buy>>[] = [];
  const busy = await counted(database, async () => {
    for (let index = 0; index < applications; index += 1) bought.push(await buy());
  });
  const idleShare = (performance.now() - startedAt) / idleMs;
  // What is asked all the time, applications or not, is no cost of an application; a commit is the same text for all.
  const own = [...busy].filter(([query]) => !idle.has(query) && !isCommit(query));
  const commits = (of: Map<string, number>): number =>
    [...of].filter(([query]) => isCommit(query)).reduce((sum, [, calls]) => sum + calls, 0);
  const mean = (of: (each: (typeof bought)[number]) => number): number => bought.reduce((sum, each) => sum + of(each), 0) / applications;
  return {
    events: mean(({ events }) => events),
    workflowTasks: mean(({ workflowTasks }) => workflowTasks),
    stateTransitions: mean(({ stateTransitions }) => stateTransitions),
    statements: own.reduce((sum, [, calls]) => sum + calls, 0) / applications,
    commits: (commits(busy) - commits(idle) * idleShare) / applications,
  };
}

async function buy() {
  const journey = await aJourney(system);
  await journey.walksToTheEnd();
  const handle = system.temporal.workflow.getHandle(applicationWorkflowId(journey.applicationId));
  const run = await eventually('the run has ended', async () => {
    const seen = await handle.describe();
    return seen.status.name === 'COMPLETED' && seen;
  });
  const { events } = await handle.fetchHistory();
  return {
    events: run.historyLength,
    workflowTasks: (events ?? []).filter(({ workflowTaskCompletedEventAttributes: completed }) => completed).length,
    stateTransitions: Number(run.raw.workflowExecutionInfo?.stateTransitionCount ?? 0),
  };
}

/** Calls by text of the statement, of our processes alone: the vendors of the sandbox keep their books in the same database. */
async function counted(database: Database, work: () => Promise<unknown>): Promise<Map<string, number>> {
  await database.query('select pg_stat_statements_reset()');
  await work();
  const { rows } = await database.query<{ query: string; calls: number }>(
    `select query, sum(calls)::int as calls from pg_stat_statements
     where dbid = (select oid from pg_database where datname = current_database()) and query not like '%pg_stat_statements%' group by query`,
  );
  const { rows: tables } = await database.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'sandbox'`);
  const ofTheSandbox = new RegExp(`\\b(sandbox|${tables.map(({ name }) => name).join('|')})\\b`);
  const { rows: own } = await database.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`);
  const ours = new RegExp(`\\b(${own.map(({ name }) => name).join('|')})\\b`);
  return new Map(rows.filter(({ query }) => ours.test(query) || !ofTheSandbox.test(query)).map(({ query, calls }) => [query, calls]));
}

function isCommit(query: string): boolean {
  return /^commit$/i.test(query);
}

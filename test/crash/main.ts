// `npm run crash`: kills the applications worker, Temporal and PostgreSQL in turn, after every single thing that a customer does, and checks each
// time that the application ends as it would have and that nothing was done twice.

import { parseArgs } from 'node:util';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { actions, anOpenContract, victims, walkWithCrashes } from '../e2e/support/crashes.ts';
import type { Crash, Victim } from '../e2e/support/crashes.ts';
import { openSystem } from '../support/system.ts';

/** From when the victim is back to the next thing that the customer is asked, on a machine that does nothing else. */
const backWithinMs = 3_000;

const usage = `Kills what an application needs after everything that its customer does: ${actions.join(', ')}; and between the undos of another's.

  npm run crash [-- --victim NAME]

  --victim NAME  only this one: ${victims.join(', ')}

One line of JSON on stdout: the time to the next progress in ms, by victim and stage, undisturbed and after a crash.
Exit code 0: every application ended as it would have, nothing was done twice, and each went on within ${backWithinMs} ms. 1: not. 2: wrong flags.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const chosen = readFlags(args);
  if (!chosen) {
    process.stderr.write(usage);
    return 2;
  }
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...env } = readEnvironment(); // they are killed, so they must be our own
  const servers = await startTestServers(env, { durable: true });
  Object.assign(process.env, servers.env);
  try {
    const seen = await crashEverywhere(servers, chosen);
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    return saysWhoWasLate(seen) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    await servers.stop();
  }
}

function readFlags(args: string[]): readonly Victim[] | null {
  try {
    const { victim } = parseArgs({ args, options: { victim: { type: 'string' } } }).values;
    if (victim === undefined) return victims;
    const chosen = victims.filter((name) => name === victim);
    return chosen.length > 0 ? chosen : null;
  } catch {
    return null;
  }
}

type Seen = Record<string, Record<string, number>>;

function saysWhoWasLate(seen: Seen): boolean {
  const late = Object.entries(seen).flatMap(([victim, times]) =>
    Object.entries(times).flatMap(([stage, ms]) => (ms > backWithinMs ? [`${victim} at ${stage}: ${ms} ms`] : [])),
  );
  for (const each of late) process.stderr.write(`✗ ${each}, bound ${backWithinMs} ms\n`);
  return late.length > 0;
}

async function crashEverywhere(servers: TestServers, chosen: readonly Victim[]): Promise<Seen> {
  const { system, stop } = await openSystem({ servers: servers.env });
  const walk = async (crash: Crash | null): Promise<Record<string, number>> => {
    const { progress, steps, tasksLost, triesLost } = await walkWithCrashes({ system, servers }, crash);
    const awayMs = Math.round(Math.max(...progress.map((each) => each.awayMs)));
    const who = crash ? `${crash.victim} killed, away for at most ${awayMs} ms` : 'nobody killed';
    process.stderr.write(
      `✓ ${who}: ${steps} steps recorded once each, ${tasksLost} workflow tasks and ${triesLost} vendor steps begun again\n`,
    );
    return Object.fromEntries(progress.map(({ action, ms }) => [action, Math.round(ms)]));
  };
  try {
    await walk(null); // the first one also fills caches
    const seen: Seen = { undisturbed: await walk(null) };
    for (const victim of chosen) seen[victim] = await walk({ victim, at: actions, canceling: await anOpenContract(system) });
    return seen;
  } finally {
    await stop();
  }
}

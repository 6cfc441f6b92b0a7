// `npm start -- doctor`: what is there, what is missing and what would be done about it, without doing it.

import type { Environment } from './environment.ts';
import { postgresSearch } from './find/postgres.ts';
import { rabbitmqSearch } from './find/rabbitmq.ts';
import { oneLine, type Search } from './find/routes.ts';
import { temporalSearch } from './find/temporal.ts';
import { ledgerOwner } from './ledger.ts';
import { cacheFolder, localFolder } from './paths.ts';
import { DEFAULT_PORTS, isPortFree } from './ports.ts';
import { row } from './summary.ts';
import { checkPostgres } from './servers/postgres.ts';
import { checkRabbitmq } from './servers/rabbitmq.ts';
import { checkTemporal } from './servers/temporal.ts';
import { join } from 'node:path';

export interface Diagnosis {
  lines: string[];
  /** Whether everything that is needed is there or can be installed. */
  healthy: boolean;
}

type Found = { version: string; origin: string };

/** Looks at the machine. Nothing is installed, started or changed. */
export async function diagnose(env: Environment): Promise<Diagnosis> {
  const [postgres, rabbitmq, temporal] = await Promise.all([
    inspect<Found>(postgresSearch(env), env, checkPostgres),
    inspect<Found>(rabbitmqSearch(env), env, checkRabbitmq),
    inspect<Found>(temporalSearch(env), env, checkTemporal),
  ]);
  const owner = ledgerOwner(join(localFolder, 'run.json'));
  const lines = [
    row('Node', `${process.version} (${process.execPath})`),
    ...[postgres, rabbitmq, temporal].flatMap((diagnosis) => diagnosis.lines),
    row('Downloads in', cacheFolder(env)),
    row('Own data in', localFolder),
    row('Running now', owner === undefined ? 'no' : `yes, as process ${owner.pid}`),
    ...(await portLines()),
  ];
  return { lines, healthy: [postgres, rabbitmq, temporal].every(({ healthy }) => healthy) };
}

/** One server: found, installable by which route, or without any. */
export async function inspect<F extends Found>(
  search: Search<F>,
  env: Environment,
  check: (address: string) => Promise<string>,
): Promise<Diagnosis> {
  const given = env[search.variable];
  if (given) return inspectGiven(search, given, check);
  const failures: string[] = [];
  for (const route of search.routes) {
    try {
      if (route.feasible === undefined) {
        const found = await route.attempt();
        return { healthy: true, lines: [row(search.server, `${found.version}, ${route.title}`)] };
      }
      await route.feasible();
      return { healthy: true, lines: [row(search.server, `not there yet; npm start gets it: ${route.title}`)] };
    } catch (error) {
      failures.push(`${route.title}: ${oneLine(error)}`);
    }
  }
  return {
    healthy: false,
    lines: [row(search.server, 'MISSING, and no way to get it:'), ...failures.map((line) => row('', `- ${line}`)), row('', search.advice)],
  };
}

async function inspectGiven<F>(search: Search<F>, address: string, check: (address: string) => Promise<string>): Promise<Diagnosis> {
  try {
    return { healthy: true, lines: [row(search.server, `${await check(address)}, given by ${search.variable}`)] };
  } catch (error) {
    return { healthy: false, lines: [row(search.server, `${search.variable} is set, but nothing usable is there: ${oneLine(error)}`)] };
  }
}

async function portLines(): Promise<string[]> {
  const entries = Object.entries(DEFAULT_PORTS);
  const states = await Promise.all(
    entries.map(async ([name, port]) => `${port} ${name}${(await isPortFree(port)) ? '' : ' (taken: the next free one is used)'}`),
  );
  return states.map((state, index) => row(index === 0 ? 'Ports' : '', state));
}

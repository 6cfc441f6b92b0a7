// `npm run cost`: what one application of a customer who does everything right costs in Temporal and PostgreSQL. Counts, not times: they are
// the same on every machine, so a change that makes an application dearer shows.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client as Postgres } from 'pg';
import { z } from 'zod';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench } from '../bench.ts';

const counts = z.object({
  events: z.number(),
  workflowTasks: z.number(),
  stateTransitions: z.number(),
  statements: z.number(),
  commits: z.number(),
});

/** What one application cost, each the mean of those measured. */
export type Cost = z.infer<typeof counts>;

export const cost: Bench = {
  async run(flags) {
    if (flags.length > 0) {
      process.stderr.write('usage: npm run cost\n');
      return 2;
    }
    const servers = await startTestServers(readEnvironment());
    try {
      await countStatements(servers);
      const measure = fileURLToPath(new URL('measure.ts', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [measure], { env: servers.env });
      const { events, workflowTasks, stateTransitions, statements, commits } = counts.parse(JSON.parse(stdout));
      return printFigures('cost', [
        { what: 'history events', value: events, unit: '', bound: { atMost: 70 } },
        { what: 'workflow tasks', value: workflowTasks, unit: '', bound: { atMost: 12 } },
        { what: 'state transitions', value: stateTransitions, unit: '', bound: { atMost: 20 } },
        { what: 'SQL statements', value: statements, unit: '', bound: { atMost: 450 } },
        { what: 'commits', value: commits, unit: '', bound: { atMost: 60 } },
      ]);
    } finally {
      await servers.stop();
    }
  },
};

/** PostgreSQL counts its statements only when it was started so. */
async function countStatements({ env, running }: TestServers): Promise<void> {
  const admin = new Postgres({ connectionString: env['DATABASE_URL'] });
  await admin.connect();
  await admin.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
  await admin.end();
  const postgres = running.find(({ name }) => name === 'PostgreSQL');
  for (const process of postgres?.processes ?? []) await process.stop();
  await postgres?.restart();
}

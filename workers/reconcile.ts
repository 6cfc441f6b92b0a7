// The operator's command `npm run reconcile`: compares our transactions with WAY4's purchases and with the ends of applications, repairs
// what is safe, and prints a report as JSON. Exit code 0: the books agree. 1: breaks wait for a person. 2: it could not compare.

import { parseArgs } from 'node:util';
import { readEnv } from '../config/env.ts';
import { reconciliationLimits } from '../config/reconciliation-limits.ts';
import { openDatabase } from '../db/pool.ts';
import { compareBooks } from './compare-books.ts';
import type { ReconciliationReport } from './reconciliation.ts';
import { runReportCommand } from './report-command.ts';

const usage = `Compares our transactions with WAY4's purchases and with the ends of applications.

  --hours N    how far back (default ${reconciliationLimits.periodHours}, at most ${reconciliationLimits.periodMaxHours})
  --dry-run    compare only: repair nothing, record nothing
`;

const options = {
  hours: { type: 'string', default: String(reconciliationLimits.periodHours) },
  'dry-run': { type: 'boolean', default: false },
} as const;

interface Flags {
  hours: number;
  dryRun: boolean;
}

async function run({ hours, dryRun }: Flags): Promise<ReconciliationReport> {
  const env = readEnv('reconcile');
  const database = openDatabase({ url: env.DATABASE_URL, applicationName: 'reconcile', poolSize: 2 });
  try {
    return await compareBooks(env, database, { hours, dryRun });
  } finally {
    await database.close();
  }
}

function readHours(text: string): number | undefined {
  const hours = Number(text);
  return Number.isSafeInteger(hours) && hours >= 1 && hours <= reconciliationLimits.periodMaxHours ? hours : undefined;
}

function readFlags(args: string[]): Flags | undefined {
  const { values } = parseArgs({ args, options });
  const hours = readHours(values.hours);
  return hours === undefined ? undefined : { hours, dryRun: values['dry-run'] };
}

process.exitCode = await runReportCommand(process.argv.slice(2), {
  usage,
  readFlags,
  run,
  exitCode: ({ open }) => (open === 0 ? 0 : 1),
  failure: 'The books could not be compared, and nothing was concluded',
});

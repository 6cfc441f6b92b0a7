// The operator's command `npm run reconcile`: compares our transactions with WAY4's purchases and with the ends of applications, repairs
// what is safe, and prints a report as JSON. Exit code 0: the books agree. 1: breaks wait for a person. 2: it could not compare.

import { parseArgs } from 'node:util';
import { readEnv } from '../config/env.ts';
import { reconciliationLimits } from '../config/reconciliation-limits.ts';
import { openDatabase } from '../db/pool.ts';
import { compareBooks } from './compare-books.ts';
import type { ReconciliationReport } from './reconciliation.ts';

const usage = `Compares our transactions with WAY4's purchases and with the ends of applications.

  --hours N    how far back (default ${reconciliationLimits.periodHours}, at most ${reconciliationLimits.periodMaxHours})
  --dry-run    compare only: repair nothing, record nothing
`;

const options = {
  hours: { type: 'string', default: String(reconciliationLimits.periodHours) },
  'dry-run': { type: 'boolean', default: false },
} as const;

async function run(hours: number, dryRun: boolean): Promise<ReconciliationReport> {
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

function readFlags(args: string[]): { hours: number; dryRun: boolean } | undefined {
  try {
    const { values } = parseArgs({ args, options });
    const hours = readHours(values.hours);
    return hours === undefined ? undefined : { hours, dryRun: values['dry-run'] };
  } catch {
    return undefined;
  }
}

async function main(args: string[]): Promise<number> {
  const flags = readFlags(args);
  if (!flags) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    const report = await run(flags.hours, flags.dryRun);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.open === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(
      `The books could not be compared, and nothing was concluded: ${error instanceof Error ? error.message : 'failed'}\n`,
    );
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));

// The operator's command `npm run reconcile`: compares our transactions with WAY4's purchases and with the ends of applications, repairs
// what is safe, and prints a report as JSON. A long run says on stderr how far it is.

import { parseArgs } from 'node:util';
import { readEnv } from '../config/env.ts';
import { reconciliationLimits } from '../config/reconciliation-limits.ts';
import { openDatabase } from '../db/pool.ts';
import { compareBooks } from './compare-books.ts';
import type { Progress } from './reconciliation.ts';
import type { ReconciliationReport } from './reconciliation-report.ts';
import { runReportCommand } from './report-command.ts';

const { periodHours, periodMaxHours, progressMs } = reconciliationLimits;

const usage = `Compares our transactions with WAY4's purchases and with the ends of applications.

  --hours N    how far back (default ${periodHours}, at most ${periodMaxHours})
  --dry-run    compare only: repair nothing, record nothing

Exit code 0: the books agree, or what differed was repaired or explained. 1: breaks wait for a person.
2: the flags are wrong, another comparison is running, or the books could not be compared.
`;

const options = {
  hours: { type: 'string', default: String(periodHours) },
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
    return await compareBooks(env, database, { hours, dryRun, onProgress: sayEvery(progressMs) });
  } finally {
    await database.close();
  }
}

function sayEvery(everyMs: number): (progress: Progress) => void {
  let saidAt = performance.now();
  return ({ documents, transactions, breaks }) => {
    if (performance.now() - saidAt < everyMs) return;
    saidAt = performance.now();
    process.stderr.write(`${documents} purchases of WAY4 read, ${transactions} transactions compared, ${breaks} breaks\n`);
  };
}

function readFlags(args: string[]): Flags {
  const { values } = parseArgs({ args, options });
  const hours = Number(values.hours);
  if (!Number.isSafeInteger(hours) || hours < 1 || hours > periodMaxHours)
    throw new Error(`--hours must be a whole number from 1 to ${periodMaxHours}`);
  return { hours, dryRun: values['dry-run'] };
}

process.exitCode = await runReportCommand(process.argv.slice(2), {
  usage,
  readFlags,
  run,
  exitCode: ({ open }) => (open === 0 ? 0 : 1),
  failure: 'The books could not be compared, and nothing was concluded from half a list',
});

// One run of the operator's command, as a process of its own, over books of a given size in which a few purchases differ.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { defaultInstallation } from '../../adapters/way4/wire.ts';
import { newId } from '../../db/ids.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { startSandbox } from '../../test/support/sandbox.ts';
import type { Figure } from '../bench.ts';
import { processorTimes } from '../handoff/cpu.ts';
import type { ProcessorTimes } from '../handoff/cpu.ts';

const entry = fileURLToPath(new URL('../../workers/reconcile.ts', import.meta.url));
const report = z.object({
  compared: z.object({ transactions: z.int(), documents: z.int() }),
  found: z.record(z.string(), z.int()),
});
const batch = 5_000;
const broken = 3;

/** Fills both books and compares them. Throws where the comparison does not find exactly what was planted. */
export async function compareOnce(serverUrl: string, purchases: number): Promise<Figure[]> {
  const fresh = await freshDatabase(serverUrl);
  const database = openDatabase({ url: fresh.url, applicationName: 'bench' });
  const sandbox = await startSandbox({ databaseUrl: fresh.url, schema: 'sandbox' });
  try {
    await fill(database, purchases);
    const { stdout, seconds, processorMs, peakMb } = await run({ DATABASE_URL: fresh.url, WAY4_URL: sandbox.way4Url });
    const { compared, found } = report.parse(JSON.parse(stdout));
    const isExact = found['missing_there'] === broken && found['missing_here'] === broken && Object.keys(found).length === 2;
    if (!isExact || compared.transactions !== purchases || compared.documents !== purchases) throw new Error(stdout);
    return [
      { what: 'purchases compared', value: purchases / seconds, unit: '/s' },
      { what: 'memory of the process, highest', value: peakMb, unit: 'MB', bound: { atMost: 400 } },
      {
        what: 'processor time of the process, for a thousand purchases',
        value: (processorMs / purchases) * 1_000,
        unit: 'ms',
        bound: { atMost: 300 },
      },
    ];
  } finally {
    await sandbox.close();
    await database.close();
    await fresh.close();
  }
}

/** Posted purchases of the last two days; of the first few WAY4 has none, and it has as many that we have not. */
async function fill(database: Database, purchases: number): Promise<void> {
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Bench Shop']);
  const ago = `now() - interval '47 hours' * ($2::int - i) / $2::int - interval '15 minutes'`;
  for (let from = 0; from < purchases; from += batch) {
    const range = [from, purchases, Math.min(from + batch, purchases) - 1];
    const rows = 'from generate_series($1::int, $3::int) i';
    await database.query(`insert into customers (id, phone_index, profile) select 'cus_' || i, '', '' ${rows} where $2 > 0`, range);
    await database.query(
      `insert into applications (id, merchant_id, merchant_reference, customer_id, amount_vnd, status, updated_at)
       select 'app_' || i, $4, i, 'cus_' || i, 100000, 'completed', ${ago} ${rows}`,
      [...range, merchantId],
    );
    await database.query(
      `insert into transactions (id, application_id, merchant_id, kind, intent_key, contract_number, amount_vnd, rrn, tries_left, status, accepted_at,
         settled_at)
       select 'txn_' || i, 'app_' || i, $4, 'purchase', i, 'K' || i, 100000, lpad(i::text, 12, '0'), 12, 'posted', ${ago}, ${ago} ${rows}`,
      [...range, merchantId],
    );
    await database.query(
      `insert into sandbox.docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, auth_code, created_at)
       select $4, lpad((case when i < $6 then i + 900000000 else i end)::text, 12, '0'), $5, 'K' || i, 'Bench Shop', 100000, $7, '000000', ${ago}
       ${rows}`,
      [...range, defaultInstallation.msgCodes.purchase, defaultInstallation.acquiringContract, broken, defaultInstallation.respCodes.ok],
    );
    process.stderr.write(`\r${String(range[2])} purchases written`);
  }
  process.stderr.write('\n');
  for (const table of ['applications', 'transactions', 'sandbox.docs']) await database.query(`analyze ${table}`);
}

interface Ran {
  stdout: string;
  seconds: number;
  processorMs: number;
  peakMb: number;
}

async function run(env: Record<string, string>): Promise<Ran> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [entry], { env: { PATH: '', ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  let peakKb = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  let used: ProcessorTimes = {};
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, highWaterKb(child.pid));
    used = processorTimes({ command: child.pid === undefined ? [] : [child.pid] });
  }, 500);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve)).finally(() => clearInterval(watch));
  if (code !== 1) throw new Error(`the comparison ended with ${String(code)}`); // 1: what was planted waits for a person
  const seconds = (performance.now() - startedAt) / 1_000;
  return { stdout, seconds, processorMs: used['command'] ?? 0, peakMb: peakKb / 1_024 };
}

/** The largest resident size so far; 0 when the process is gone. */
function highWaterKb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

// `npm run bench -- applications`: our workflow against a naive twin on the same servers, in turns, so that whatever else the machine does
// meets both; what encryption and audit cost; and a thousand waiting applications after a restart of their workers.

import { parseArgs } from 'node:util';
import { audit } from '../../db/audit.ts';
import { openDatabase } from '../../db/pool.ts';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { aPayloadKey } from '../../test/support/payloads.ts';
import { printFigures } from '../bench.ts';
import type { Bench, Figure } from '../bench.ts';
import { processorTimes } from '../handoff/cpu.ts';
import { compare } from './compare.ts';
import { resumeParked } from './parked.ts';
import { openVariant } from './variant.ts';
import type { Variant } from './variant.ts';

const usage = `usage: npm run bench -- applications [--rounds N] [--parked N]
  --rounds N  turns of each variant, 5 unless given
  --parked N  applications that wait while their workers restart, 1000 unless given
`;

const stepMs = 5;

export const applications: Bench = {
  async run(flags) {
    const counts = readFlags(flags);
    if (!counts) {
      process.stderr.write(usage);
      return 2;
    }
    const servers = await startTestServers(readEnvironment(), { durable: true });
    try {
      return printFigures('applications', await measure(servers, counts));
    } finally {
      await servers.stop();
    }
  },
};

interface Counts {
  rounds: number;
  parked: number;
}

function readFlags(args: string[]): Counts | null {
  try {
    const options = { rounds: { type: 'string', default: '5' }, parked: { type: 'string', default: '1000' } } as const;
    const { values } = parseArgs({ args, options });
    const counts = { rounds: Number(values.rounds), parked: Number(values.parked) };
    return Object.values(counts).every((count) => Number.isInteger(count) && count > 0) ? counts : null;
  } catch {
    return null;
  }
}

async function measure({ env, running }: TestServers, { rounds, parked }: Counts): Promise<Figure[]> {
  const address = env['TEMPORAL_ADDRESS'] ?? '';
  const fresh = await freshDatabase(env['DATABASE_URL']);
  const database = openDatabase({ url: fresh.url, applicationName: 'bench' });
  // As often as a purchase without a hitch leaves a row: the signature, and the end.
  const row = async (): Promise<void> =>
    database.withTransaction(async (tx) => audit(tx, { actor: 'bench', action: 'bench.step', applicationId: null, subject: 'bench' }));
  const keys = [aPayloadKey()] as const;
  const temporal = running.find(({ name }) => name === 'Temporal')?.processes.map(({ pid }) => pid) ?? [];
  // Workers and customers are of this process, whatever their number.
  const processorMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000 + (processorTimes({ temporal })['temporal'] ?? 0);
  };
  const shared = { address, database, stepMs };
  const variants: Record<'ours' | 'naive' | 'mute' | 'bare', Variant> = {
    ours: await openVariant({ kind: 'ours', ...shared, keys, also: { sealContract: row, finish: row } }),
    naive: await openVariant({ kind: 'naive', ...shared, keys }),
    mute: await openVariant({ kind: 'mute naive', ...shared, keys }),
    bare: await openVariant({ kind: 'ours', ...shared, keys: null }),
  };
  try {
    const { ours, naive, mute, bare } = await compare(variants, { rounds, processorMs });
    return [
      { what: 'throughput, ours to naive', value: ours.perSecond / naive.perSecond, unit: '×', bound: { atLeast: 2 } },
      { what: 'the same to a twin that nobody can search by status', value: ours.perSecond / mute.perSecond, unit: '×' },
      { what: 'one at a time, p50, ours to naive', value: ours.serialP50 / naive.serialP50, unit: '×', bound: { atMost: 0.5 } },
      { what: 'processor time of an application, ours to naive', value: ours.processorMs / naive.processorMs, unit: '×' },
      { what: 'twenty at a time, p99, ours to naive', value: ours.p99 / naive.p99, unit: '×' },
      {
        what: 'throughput that codec and audit cost',
        value: (1 - ours.perSecond / bare.perSecond) * 100,
        unit: '%',
        bound: { atMost: 10 },
      },
      { what: 'ours, twenty at a time', value: ours.perSecond, unit: '/s' },
      { what: 'naive, twenty at a time', value: naive.perSecond, unit: '/s' },
      { what: 'ours, one at a time, p50', value: ours.serialP50, unit: 'ms' },
      { what: 'naive, one at a time, p50', value: naive.serialP50, unit: 'ms' },
      ...(await resumeParked({ address, keys, parked })),
    ];
  } finally {
    for (const variant of Object.values(variants)) await variant.close();
    await database.close();
    await fresh.close();
  }
}

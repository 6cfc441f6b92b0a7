// `npm run bench -- handoff`: what the hand-off carries on this machine, from the accepting commit to the stored outcome.

import { deliveryLimits } from '../../config/limits.ts';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench, Figure } from '../bench.ts';
import { costPerPurchase } from './cost.ts';
import { openFlow } from './flow.ts';
import { relayAlonePerSecond } from './relay-alone.ts';

const usage = `usage: npm run bench -- handoff [--quick]

  --quick   seconds instead of a minute for each figure: for a look, not for the record
`;

export const handoff: Bench = {
  async run(flags) {
    if (flags.some((flag) => flag !== '--quick')) {
      process.stderr.write(usage);
      return 2;
    }
    const { DATABASE_URL: _d, AMQP_URL: _a, ...env } = readEnvironment(); // a consumer is struck and WAY4 filled, on servers of our own
    const servers = await startTestServers(env, { durable: true });
    try {
      return printFigures('handoff', await measure(servers, flags.length > 0 ? 10_000 : 60_000));
    } finally {
      await servers.stop();
    }
  },
};

async function measure(servers: TestServers, forMs: number): Promise<Figure[]> {
  const urls = { databaseUrl: servers.env['DATABASE_URL'] ?? '', amqpUrl: servers.env['AMQP_URL'] ?? '' };
  const relay = await relayAlonePerSecond(urls, 20_000);
  const cost = await costPerPurchase(urls, 2_000);
  const flow = await openFlow(servers);
  try {
    await flow.sustained(forMs / 6); // warm
    const sustained = await flow.sustained(forMs);
    const p99 = await flow.p99Ms(50, forMs / 2);
    const killed = await flow.redelivery('kill');
    const hung = await flow.redelivery('freeze');
    const detection = { atMost: 3 * deliveryLimits.heartbeatSeconds * 1_000 + 1_000 };
    return [
      { what: 'accepted to settled, sustained', value: sustained.perSecond, unit: '/s', bound: { atLeast: 300 } },
      { what: 'accepted to settled at 50/s, 99th percentile', value: p99, unit: 'ms', bound: { atMost: 2_000 } },
      { what: 'relay alone, published and confirmed', value: relay, unit: '/s', bound: { atLeast: 3_000 } },
      { what: 'consumer killed: redelivered after', value: killed.redeliveredMs, unit: 'ms', bound: { atMost: 1_000 } },
      { what: 'consumer killed: all of before settled after', value: killed.drainedMs, unit: 'ms', bound: { atMost: 60_000 } },
      { what: 'consumer hung: redelivered after', value: hung.redeliveredMs, unit: 'ms', bound: detection },
      { what: 'consumer hung: all of before settled after', value: hung.drainedMs, unit: 'ms', bound: { atMost: 60_000 } },
      ...Object.entries(sustained.cpuMs).map(([who, value]) => ({ what: `processor time per purchase, ${who}`, value, unit: 'ms' })),
      { what: 'statements per purchase, BEGIN and COMMIT included', value: cost.statements, unit: '' },
      { what: 'commits per purchase', value: cost.commits, unit: '' },
      { what: 'WAL per purchase', value: cost.walBytes, unit: 'bytes' },
      { what: 'WAL fsyncs per purchase', value: cost.fsyncs, unit: '' },
    ];
  } finally {
    await flow.close();
  }
}

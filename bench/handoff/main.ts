// `npm run bench -- handoff`: what the hand-off carries on this machine, from the accepting commit to the stored outcome.

import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench, Figure } from '../bench.ts';
import { relayAlonePerSecond } from './relay-alone.ts';

const usage = `usage: npm run bench -- handoff
`;

export const handoff: Bench = {
  async run(flags) {
    if (flags.length > 0) {
      process.stderr.write(usage);
      return 2;
    }
    const servers = await startTestServers(readEnvironment(), { durable: true });
    try {
      const urls = { databaseUrl: servers.env['DATABASE_URL'] ?? '', amqpUrl: servers.env['AMQP_URL'] ?? '' };
      const figures: Figure[] = [];
      const perSecond = await relayAlonePerSecond(urls, 20_000);
      figures.push({ what: 'relay alone, published and confirmed', value: perSecond, unit: '/s', bound: { atLeast: 3_000 } });
      return printFigures('handoff', figures);
    } finally {
      await servers.stop();
    }
  },
};

// `npm run bench -- reconciliation`: how fast `npm run reconcile` compares, and how much memory that takes, whatever the number of purchases.

import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench } from '../bench.ts';
import { compareOnce } from './compare.ts';

const usage = `usage: npm run bench -- reconciliation [--purchases N]

  --purchases N   in both books (default 500000)
`;

export const reconciliation: Bench = {
  async run(flags) {
    const [flag, value, ...more] = flags;
    const purchases = flag === undefined ? 500_000 : Number(value);
    if ((flag !== undefined && flag !== '--purchases') || more.length > 0 || !Number.isSafeInteger(purchases) || purchases < 1_000) {
      process.stderr.write(usage);
      return 2;
    }
    const { DATABASE_URL: _d, ...env } = readEnvironment(); // half a million purchases, on servers of our own
    const servers = await startTestServers(env, { durable: true });
    try {
      return printFigures('reconciliation', await compareOnce(servers.env['DATABASE_URL'] ?? '', purchases));
    } finally {
      await servers.stop();
    }
  },
};

// `npm run bench -- decisions`: how many decisions one core takes with everything that is kept of them, and how long it takes to try
// another ruleset on a hundred thousand of them.

import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench } from '../bench.ts';
import { evaluations } from './evaluations.ts';
import { lookingBack } from './looking-back.ts';

const usage = `usage: npm run bench -- decisions [--records N]

  --records N   stored decisions to look back at (default 100000)
`;

export const decisions: Bench = {
  async run(flags) {
    const [flag, value, ...more] = flags;
    const records = flag === undefined ? 100_000 : Number(value);
    if ((flag !== undefined && flag !== '--records') || more.length > 0 || !Number.isSafeInteger(records) || records < 1) {
      process.stderr.write(usage);
      return 2;
    }
    const figures = evaluations();
    const servers = await startTestServers(readEnvironment());
    try {
      figures.push(...(await lookingBack(servers.env['DATABASE_URL'] ?? '', records)));
      return printFigures('decisions', figures);
    } finally {
      await servers.stop();
    }
  },
};

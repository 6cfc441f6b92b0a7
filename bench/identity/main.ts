// `npm run bench -- identity`: how long one submission of photos takes to check with real models, and what uploads of large photos do to
// the memory of the api.

import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { printFigures } from '../bench.ts';
import type { Bench } from '../bench.ts';
import { checkTimes } from './check-times.ts';
import { uploadMemory } from './upload-memory.ts';

const usage = `usage: npm run bench -- identity
`;

export const identity: Bench = {
  async run(flags) {
    if (flags.length > 0) {
      process.stderr.write(usage);
      return 2;
    }
    const servers = await startTestServers(readEnvironment(), { durable: true });
    try {
      const memory = await uploadMemory(servers.env['DATABASE_URL'] ?? '');
      const checks = await checkTimes();
      return printFigures('identity', [
        { what: 'one submission checked, real models, median', value: checks.medianMs, unit: 'ms', bound: { atMost: 3_000 } },
        { what: 'one submission checked, real models, slowest', value: checks.slowestMs, unit: 'ms' },
        { what: 'api and decoder after 5 forms of three photos of 5 MB', value: memory.few, unit: 'MB' },
        { what: 'growth from the 5th form to the 50th', value: memory.many - memory.few, unit: 'MB', bound: { atMost: 100 } },
        { what: 'highest while 16 such forms arrive at once', value: memory.peak, unit: 'MB', bound: { atMost: 800 } },
      ]);
    } finally {
      await servers.stop();
    }
  },
};

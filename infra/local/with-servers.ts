// `npm run with-servers -- <command…>`: runs any command beside fresh servers, with their addresses in its environment; its exit code is ours.

import { readEnvironment } from './environment.ts';
import { runInherited } from './run-command.ts';
import { startTestServers } from './test-servers.ts';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('usage: npm run with-servers -- <command> [arguments…]\n');
  process.exitCode = 2;
} else {
  process.exitCode = await runWithServers(command, args);
}

/** Runs the command and returns its exit code; the servers are stopped in any case, also after Ctrl-C. */
async function runWithServers(file: string, args: string[]): Promise<number> {
  const servers = await startTestServers(readEnvironment()).catch((error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  });
  if (servers === undefined) return 1;
  try {
    return await runInherited(file, args, servers.env, servers.requested);
  } finally {
    await servers.stop();
  }
}

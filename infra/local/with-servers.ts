// `npm run with-servers -- <command…>`: runs any command beside fresh servers, with their addresses in its environment; its exit code is ours.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readEnvironment, type Environment } from './environment.ts';
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
  // Ctrl-C reaches the command as well, being in the same process group; we stay until it has ended and the servers are stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const servers = await startTestServers(readEnvironment()).catch((error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  });
  if (servers === undefined) return 1;
  try {
    return await runInForeground(file, args, servers.env);
  } finally {
    await servers.stop();
  }
}

function runInForeground(file: string, args: string[], env: Environment): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: 'inherit' });
    const pass = () => child.kill('SIGTERM');
    process.once('SIGTERM', pass);
    child.on('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code, signal) => {
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
    });
  });
}

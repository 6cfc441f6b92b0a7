// Finds one of the servers that this run has started.

import type { RunningServer } from '../../infra/local/servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';

/** Throws when it was given by address: a campaign kills servers. */
export function serverNamed({ running }: TestServers, name: string): RunningServer {
  const found = running.find((server) => server.name === name);
  if (!found) throw new Error(`${name} was given by address; a campaign kills servers and needs its own`);
  return found;
}

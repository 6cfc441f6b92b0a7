// `npm run bench -- <name> [flags]`: measures one part of the system on this machine, beside servers of its own that sync to disk as in
// production. stderr tells a person what happens and ends with a table; stdout is one JSON value.

import type { Bench } from './bench.ts';

const benches: Record<string, () => Promise<Bench>> = {
  applications: async () => (await import('./applications/main.ts')).applications,
  cost: async () => (await import('./cost/main.ts')).cost,
  decisions: async () => (await import('./decisions/main.ts')).decisions,
  identity: async () => (await import('./identity/main.ts')).identity,
  handoff: async () => (await import('./handoff/main.ts')).handoff,
  reconciliation: async () => (await import('./reconciliation/main.ts')).reconciliation,
};

process.exitCode = await main(process.argv.slice(2));

/** Exit code 0: measured and within its bounds; 1: not; 2: no such bench, or flags that it does not know. */
async function main([name = '', ...flags]: string[]): Promise<number> {
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (load) return (await load()).run(flags);
  process.stderr.write(`usage: npm run bench -- <name> [flags], where <name> is one of: ${Object.keys(benches).join(', ')}\n`);
  return 2;
}

// Records the histories that test/replay/replay.test.ts replays: `npm run with-servers -- node test/replay/record.ts [path…]`. Add a path
// when the story gets a new turn. Never record an old path again to make its replay pass: that application is still running somewhere.

import { writeFileSync } from 'node:fs';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { eventually } from '../support/eventually.ts';
import { aWorld } from '../workflows/world.ts';
import { writeHistory } from './history-file.ts';
import { paths } from './paths.ts';

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(paths)) await record(name);

async function record(name: string): Promise<void> {
  const path = paths[name];
  if (!path) throw new Error(`no path is called '${name}'`);
  const endings: (() => unknown)[] = [];
  const t = { after: (end: unknown) => void (typeof end === 'function' && endings.push(end as () => unknown)) }; // ours take no arguments
  try {
    writeFileSync(new URL(`histories/${name.replaceAll(/\W+/g, '-')}.json`, import.meta.url), writeHistory(await walked(path, t)));
  } finally {
    for (const end of endings) await end();
  }
}

async function walked(path: (typeof paths)[string], t: Parameters<typeof aWorld>[0]): Promise<History> {
  if ('history' in path) return path.history(t);
  const { stage, policy, walk } = path;
  const world = await aWorld(t, { ...(stage && { stage: stage() }), ...(policy && { policy }) });
  await walk(world);
  // What follows from the last step may be under way still: a recording that breaks off there guards nothing of it.
  await eventually('it rests', async () => !(await world.handle.describe()).raw.pendingWorkflowTask);
  return world.history();
}

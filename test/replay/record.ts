// Records the histories that test/replay/replay.test.ts replays: `npm run with-servers -- node test/replay/record.ts [path…]`. Add a path
// when the story gets a new turn. Never record an old path again to make its replay pass: that application is still running somewhere.

import { writeFileSync } from 'node:fs';
import { aWorld } from '../workflows/world.ts';
import { writeHistory } from './history-file.ts';
import { paths } from './paths.ts';

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(paths)) await record(name);

async function record(name: string): Promise<void> {
  const path = paths[name];
  if (!path) throw new Error(`no path is called '${name}'`);
  const endings: (() => unknown)[] = [];
  const { stage, policy, walk } = path;
  const world = await aWorld(
    { after: (end) => void (typeof end === 'function' && endings.push(end as () => unknown)) }, // aWorld passes functions without arguments
    { ...(stage && { stage: stage() }), ...(policy && { policy }) },
  );
  try {
    await walk(world);
    writeFileSync(new URL(`histories/${name.replaceAll(/\W+/g, '-')}.json`, import.meta.url), writeHistory(await world.history()));
  } finally {
    for (const end of endings) await end();
  }
}

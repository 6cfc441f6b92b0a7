// The operator's command `npm run retention`: deletes the photos of applications that came to nothing, once they are kept long enough, and
// prints what was deleted as JSON. Run it once a day. Exit code 0: done. 2: it could not be done.

import { parseArgs } from 'node:util';
import { readEnv } from '../config/env.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { openDatabase } from '../db/pool.ts';
import { countPhotosDue, deletePhotos } from '../db/retention.ts';

const dayMs = 86_400_000;
const { photosKeptMs, photosDeletedAtOnce } = identityLimits;

const usage = `Deletes the photos of applications that ended without a purchase more than ${photosKeptMs / dayMs} days ago.

  --dry-run    count only: delete nothing
`;

async function run(dryRun: boolean): Promise<object> {
  const database = openDatabase({ url: readEnv('operations').DATABASE_URL, applicationName: 'retention', poolSize: 2 });
  try {
    const deleted = dryRun
      ? await countPhotosDue(database, photosKeptMs)
      : await deletePhotos(database, { keptMs: photosKeptMs, batch: photosDeletedAtOnce });
    return { dryRun, keptDays: photosKeptMs / dayMs, ...deleted };
  } finally {
    await database.close();
  }
}

function readFlags(args: string[]): { dryRun: boolean } | undefined {
  try {
    const { values } = parseArgs({ args, options: { 'dry-run': { type: 'boolean', default: false } } });
    return { dryRun: values['dry-run'] };
  } catch {
    return undefined;
  }
}

async function main(args: string[]): Promise<number> {
  const flags = readFlags(args);
  if (!flags) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    process.stdout.write(`${JSON.stringify(await run(flags.dryRun))}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`The photos could not be deleted: ${error instanceof Error ? error.message : 'failed'}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));

// The operator's command `npm run retention`: deletes the photos of applications that came to nothing, once they are kept long enough, and
// bytes that a process which died left without a document; prints what was deleted as JSON. Run it once a day. Exit code 0: done. 2: it could not be done.

import { parseArgs } from 'node:util';
import { openObjectStores } from '../adapters/s3/stores.ts';
import { readEnv, s3Options } from '../config/env.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { createPostgresObjects } from '../db/objects.ts';
import { openDatabase } from '../db/pool.ts';
import { countPhotosDue, deletePhotos, sweepOrphans } from '../db/retention.ts';

const dayMs = 86_400_000;
const { orphanMinAgeMs, orphansListed, photosKeptMs, photosDeletedAtOnce } = identityLimits;
const keptDays = photosKeptMs / dayMs;

const usage = `Deletes the photos of applications that ended without a purchase more than ${keptDays} days ago,
and stored bytes that belong to no document.

  --dry-run    count only: delete nothing
`;

async function run(dryRun: boolean): Promise<object> {
  const env = readEnv('retention');
  const database = openDatabase({ url: env.DATABASE_URL, applicationName: 'retention', poolSize: 2 });
  try {
    if (dryRun) return { dryRun, keptDays, ...(await countPhotosDue(database, photosKeptMs)) };
    const stores = await openObjectStores(createPostgresObjects(database), s3Options(env));
    const deleted = await deletePhotos(database, stores, { keptMs: photosKeptMs, batch: photosDeletedAtOnce });
    const orphans = await sweepOrphans(database, stores, { minAgeMs: orphanMinAgeMs, limit: orphansListed });
    return { dryRun, keptDays, ...deleted, orphans };
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

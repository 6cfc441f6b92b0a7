// The operator's command `npm run retention`: deletes the photos and unsigned contracts of applications that came to nothing and the keys of requests, once they are
// kept long enough, and bytes that a process which died left without a document; prints what was deleted as JSON. Temporal runs the same every day (workflows/retention.ts).
// Exit code 0: done. 2: it could not be done.

import { parseArgs } from 'node:util';
import { openObjectStores } from '../adapters/s3/stores.ts';
import { readEnv, s3Options } from '../config/env.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { createPostgresObjects } from '../db/objects.ts';
import { openDatabase } from '../db/pool.ts';
import { countKeysDue, countPhotosDue } from '../db/retention.ts';
import { deleteWhatIsDue, dueKeys } from './delete-photos.ts';
import { runReportCommand } from './report-command.ts';

const dayMs = 86_400_000;
const { photosKeptMs } = identityLimits;
const keptDays = photosKeptMs / dayMs;

const usage = `Deletes the photos and unsigned contracts of applications that ended without a purchase more than ${keptDays} days ago,
stored bytes that belong to no document, and keys of requests that are older than ${dueKeys.keptMs / dayMs} days.

  --dry-run    count only: delete nothing
`;

async function run(dryRun: boolean): Promise<object> {
  const env = readEnv('retention');
  const database = openDatabase({ url: env.DATABASE_URL, applicationName: 'retention', poolSize: 2 });
  try {
    if (dryRun) {
      const keys = await countKeysDue(database, dueKeys.keptMs);
      return { dryRun, keptDays, ...(await countPhotosDue(database, photosKeptMs)), keys };
    }
    const stores = await openObjectStores(createPostgresObjects(database), s3Options(env));
    return { dryRun, keptDays, ...(await deleteWhatIsDue(database, stores)) };
  } finally {
    await database.close();
  }
}

process.exitCode = await runReportCommand(process.argv.slice(2), {
  usage,
  readFlags: (args) => parseArgs({ args, options: { 'dry-run': { type: 'boolean', default: false } } }).values['dry-run'],
  run,
  exitCode: () => 0,
  failure: 'The photos could not be deleted',
});

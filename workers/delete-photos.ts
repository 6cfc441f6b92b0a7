// The deletion with its limits put in: what `npm run retention` and the scheduled run have in common.

import { createRetentionActivities } from '../activities/retention.ts';
import type { Deletion, RetentionActivities } from '../activities/retention.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { apiLimits } from '../config/limits.ts';
import type { ObjectStores } from '../db/documents.ts';
import type { Database } from '../db/pool.ts';
import { deleteKeys, deletePhotos, sweepOrphans } from '../db/retention.ts';

/** Deletes the photos and keys whose time is over, and stored bytes that belong to no document. Repeat, or two at once: nothing twice. */
export async function deleteWhatIsDue(database: Database, stores: ObjectStores): Promise<Deletion> {
  const { orphanMinAgeMs, orphansListed, photosKeptMs, photosDeletedAtOnce } = identityLimits;
  const deleted = await deletePhotos(database, stores, { keptMs: photosKeptMs, batch: photosDeletedAtOnce });
  const orphans = await sweepOrphans(database, stores, { minAgeMs: orphanMinAgeMs, limit: orphansListed });
  return { ...deleted, orphans, keys: await deleteKeys(database, dueKeys) };
}

/** Keys are kept so long, and deleted so many to a commit. */
export const dueKeys = { keptMs: apiLimits.idempotencyKeptMs, batch: apiLimits.keysDeletedAtOnce };

/** The activity of the scheduled run. */
export function wireRetention(database: Database, stores: ObjectStores): RetentionActivities {
  return createRetentionActivities({ deleteWhatIsDue: async () => deleteWhatIsDue(database, stores) });
}

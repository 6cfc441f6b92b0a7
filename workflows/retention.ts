// The daily deletion of photos and keys that are not needed any more, started by a Temporal Schedule (adapters/temporal/schedules.ts). A run that failed
// is made up for by the next, which deletes what this one left.

import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Deletion, RetentionActivities } from '../activities/retention.ts';

const { deletePhotos } = proxyActivities<RetentionActivities>({
  summary: 'Delete the photos and keys whose time is over',
  // A day's photos take seconds; the first run after a long pause may take longer.
  startToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 minute', maximumAttempts: 3 },
});

/** Deletes once. The result has counts only; what is gone stands in the audit log, a row for each application. */
export async function retention(): Promise<Deletion> {
  const deleted = await deletePhotos();
  const { photos, papers, applications, orphans, keys } = deleted;
  setCurrentDetails(
    `Deleted ${photos} photos and ${papers} unsigned contracts of ${applications} applications, ${orphans} left-overs, and ${keys} keys of requests.`,
  );
  return deleted;
}

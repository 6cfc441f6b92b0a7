// What waits for staff as numbers for Prometheus, beside those of the SDK: whoever watches a page for them would have to sign on.

import type { MetricMeter } from '@temporalio/common';
import type { Queryable } from '../db/pool.ts';
import { queueBounds, queueSizes } from '../db/queues.ts';

/** Gauges of every queue of staff, by the label `queue`: `trasau_queue_entries`, and `trasau_queue_oldest_age_seconds`, 0 where none waits.
 *  Returns what looks at the queues and sets them. */
export function createQueueGauges(meter: Pick<MetricMeter, 'createGauge'>): (db: Queryable) => Promise<void> {
  const entries = meter.createGauge('trasau_queue_entries', 'int');
  const oldest = meter.createGauge('trasau_queue_oldest_age_seconds', 'int');
  return async (db) => {
    for (const { name, count, oldestAt } of await queueSizes(db, queueBounds)) {
      entries.set(count, { queue: name });
      oldest.set(oldestAt ? Math.max(0, Math.round((Date.now() - oldestAt.getTime()) / 1_000)) : 0, { queue: name });
    }
  };
}

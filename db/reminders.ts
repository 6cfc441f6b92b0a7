// Who is to be reminded that an application expires soon: found by the deadline in its row, so a deadline that was moved or met reminds
// nobody. One reminder for each deadline; the steps of one wait each write when it ends, seconds apart, and that is one.

import type { Step } from '../domain/states.ts';
import { addNotification } from './notifications.ts';
import type { Database } from './pool.ts';

/** Steps in which the deadline is the customer's. */
const customerSteps: readonly Step[] = ['basicInfo', 'identity', 'offer', 'contract', 'purchase'];

/** Writes the reminders that are due: deadlines of customers within `leadMs`, those that differ by less than `sameMs` being one. Returns how many. Repeat, or another process at once: none twice. */
export async function writeReminders(
  database: Pick<Database, 'withTransaction'>,
  { leadMs, sameMs, limit }: { leadMs: number; sameMs: number; limit: number },
): Promise<number> {
  return database.withTransaction(async (tx) => {
    const { rows } = await tx.query<{ id: string; deadline_at: Date; occasion: string }>(
      `select a.id, a.deadline_at, a.step || ':' || extract(epoch from a.deadline_at)::bigint as occasion from applications a
       where a.deadline_at > now() and a.deadline_at <= now() + $1 * interval '1 millisecond' and a.step = any($2)
         and a.status <> 'in_review' and a.attention is null
         and not exists (select from notifications n
           where n.application_id = a.id and n.template = 'deadline_near' and n.occasion like a.step || ':%'
             and abs(extract(epoch from (n.params->>'deadlineAt')::timestamptz - a.deadline_at)) * 1000 < $3)
       order by a.deadline_at limit $4`,
      [leadMs, customerSteps, sameMs, limit],
    );
    for (const { id: applicationId, deadline_at: deadlineAt, occasion } of rows) {
      const params = { deadlineAt: deadlineAt.toISOString() };
      await addNotification(tx, { applicationId, template: 'deadline_near', occasion, params });
    }
    return rows.length;
  });
}

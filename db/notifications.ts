// Messages to customers: an outbox of their own. A row is written in the commit of what it tells; workers/notifications sends it.

import { invariant } from '../domain/failures.ts';
import type { NotificationTemplate } from '../domain/notifications.ts';
import type { Language } from '../domain/reasons.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface NewNotification {
  applicationId: string;
  template: NotificationTemplate;
  /** Tells apart what is told several times; empty for what is told once. */
  occasion?: string;
  params: Record<string, string | number>;
}

/** Asks for one message per application, template and occasion. Repeat: the first stands. */
export async function addNotification(tx: Tx, asked: NewNotification): Promise<{ id: string; isNew: boolean }> {
  const { applicationId, template, occasion = '', params } = asked;
  const { rows } = await tx.query<{ id: string; is_new: boolean }>(
    // A row that another transaction has just written is only seen by taking its lock: hence the update that changes nothing.
    `insert into notifications (id, application_id, template, occasion, params) values ($1, $2, $3, $4, $5)
     on conflict (application_id, template, occasion) do update set template = excluded.template returning id, xmax = 0 as is_new`,
    [newId('notification'), applicationId, template, occasion, JSON.stringify(params)],
  );
  invariant(rows[0], 'a message that was asked for is there');
  return { id: rows[0].id, isNew: rows[0].is_new };
}

export interface DueNotification {
  id: string;
  application_id: string;
  customer_id: string;
  merchant_name: string;
  language: Language;
  template: NotificationTemplate;
  params: Record<string, string | number>;
  attempts: number;
}

/** Takes due messages for one try each: their next try moves `leaseMs` ahead, so that a sender that dies gives them back by itself. */
export async function claimNotifications(db: Queryable, limit: number, leaseMs: number): Promise<DueNotification[]> {
  const { rows } = await db.query<DueNotification>(
    `with due as (select id from notifications where status = 'due' and available_at <= now() order by available_at limit $1 for update skip locked)
     update notifications n set attempts = n.attempts + 1, available_at = now() + $2 * interval '1 millisecond'
     from due, applications a, merchants m
     where n.id = due.id and a.id = n.application_id and m.id = a.merchant_id
     returning n.id, n.application_id, a.customer_id, m.name as merchant_name, a.language, n.template, n.params, n.attempts`,
    [limit, leaseMs],
  );
  return rows;
}

/** Notes that the gateway took the message. */
export async function markSent(db: Queryable, id: string): Promise<void> {
  await db.query(`update notifications set status = 'sent', sent_at = now(), last_error = null where id = $1`, [id]);
}

/** Notes a failed try of a message that is still due: tried again after `retryInMs`, or given up when that is null. `code` is a constant, never a vendor's words. */
export async function markFailedTry(db: Queryable, id: string, code: string, retryInMs: number | null): Promise<void> {
  await db.query(
    `update notifications set last_error = $2, status = case when $3::bigint is null then 'failed' else status end,
       available_at = now() + coalesce($3::bigint, 0) * interval '1 millisecond' where id = $1 and status = 'due'`,
    [id, code, retryInMs],
  );
}

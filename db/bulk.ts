// Which applications a bulk retry touches, and what an earlier one with the same key touched.

import type { Queryable } from './pool.ts';

export interface StuckFilter {
  /** The activity that failed. */
  activity?: string | undefined;
  /** The failure's type. */
  code?: string | undefined;
  merchantId?: string | undefined;
  limit: number;
}

/** Applications whose step waits for staff, the longest wait first. */
export async function stuckApplications(db: Queryable, { activity, code, merchantId, limit }: StuckFilter): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from applications where attention is not null and ($1::text is null or attention->>'activity' = $1)
       and ($2::text is null or attention->>'code' = $2) and ($3::text is null or merchant_id = $3)
     order by (attention->>'since')::timestamptz, id limit $4`,
    [activity ?? null, code ?? null, merchantId ?? null, limit],
  );
  return rows.map(({ id }) => id);
}

/** The applications that this person's command with this id took, or null when there was none. */
export async function takenBefore(db: Queryable, actor: string, action: string, commandId: string): Promise<string[] | null> {
  const { rows } = await db.query<{ ids: string[] }>(
    `select change->'ids' as ids from audit_log where actor = $1 and action = $2 and subject = $3 order by at limit 1`,
    [actor, action, commandId],
  );
  return rows[0]?.ids ?? null;
}

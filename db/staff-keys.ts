// Which request a member of staff gave a key to. The answer itself is not here: the application that took the command remembers it.

import type { Queryable } from './pool.ts';

/** Gives the key to this request, or says whether it is the request that it was given to. Of two at once, one gets it. */
export async function ownsStaffKey(db: Queryable, { id, fingerprint }: { id: Buffer; fingerprint: Buffer }): Promise<boolean> {
  const { rows } = await db.query<{ fingerprint: Buffer }>(
    `insert into staff_keys (id, fingerprint) values ($1, $2)
     on conflict (id) do update set id = excluded.id returning fingerprint`,
    [id, fingerprint],
  );
  return rows[0]?.fingerprint.equals(fingerprint) === true;
}

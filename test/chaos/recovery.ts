// How long it takes after a fault until nothing of before waits any more, seen from outside: in the age of the oldest open transaction, and of the last
// step of whichever application has stood still for longest.

import type { Queryable } from '../../db/pool.ts';
import { applicationStatuses, isTerminal } from '../../domain/states.ts';

export interface Recovery {
  /** A fault was healed just now. */
  healed(): void;
  /** True when nothing of before the last healing waits any more. */
  isOver(): boolean;
  /** The longest recovery so far, in milliseconds. Ends the watch. */
  worstMs(): Promise<number>;
}

const lookEveryMs = 250;

/** `merchantId`: whose applications are looked at; nobody's unless given. */
export function createRecovery(database: Queryable, merchantId: string | null = null): Recovery {
  let waiting: number[] = [];
  let worst = 0;
  async function look(): Promise<void> {
    if (waiting.length === 0) return;
    const { rows } = await database.query<{ oldest: Date | null }>(
      `select least(
         (select min(accepted_at) from transactions where status = 'accepted'),
         (select min(greatest(a.created_at, (select max(s.created_at) from application_steps s where s.application_id = a.id)))
          from applications a where merchant_id = $1 and not (status = any($2)))) as oldest`,
      [merchantId, applicationStatuses.filter(isTerminal)],
    );
    const oldest = rows[0]?.oldest?.getTime() ?? Number.POSITIVE_INFINITY;
    const now = Date.now();
    for (const healedAt of waiting.filter((at) => at <= oldest)) worst = Math.max(worst, now - healedAt);
    waiting = waiting.filter((at) => at > oldest);
  }
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => undefined); // the database may be the victim just now
  }, lookEveryMs);
  return {
    healed: () => void waiting.push(Date.now()),
    isOver: () => waiting.length === 0,
    worstMs: async () => {
      clearInterval(timer);
      await looking;
      await look();
      return worst;
    },
  };
}

// Messages that nobody could handle, for people to look at. The row is the truth; the parked queue only carries a message here when the
// broker put it aside on its own.

import type { ParkReason } from '../domain/delivery.ts';
import type { Queryable } from './pool.ts';

export interface ParkedMessage {
  messageId: string;
  /** Null when the message names none. */
  transactionId: string | null;
  reason: ParkReason;
  /** Codes, never messages; those of the transaction where it has any. */
  firstError: string;
  lastError: string;
  body: Buffer;
  headers: Record<string, string | number>;
}

/** Writes the row. False when this message was parked before: the first row stands, resolved or not. */
export async function parkMessage(q: Queryable, parked: ParkedMessage): Promise<boolean> {
  const { rowCount } = await q.query(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body, headers)
     values ($1, $2, $3, coalesce((select first_error from transactions where id = $2), $4), $5, $6, $7)
     on conflict (message_id) do nothing`,
    [
      parked.messageId,
      parked.transactionId,
      parked.reason,
      parked.firstError,
      parked.lastError,
      parked.body,
      JSON.stringify(parked.headers),
    ],
  );
  return rowCount === 1;
}

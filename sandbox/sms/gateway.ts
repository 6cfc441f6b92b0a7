// The SMS gateway's work: a message is delivered once per request id, and the phone that shows it is a page. The card core uses the
// same gateway for its one-time passwords, as banks do.

import { z } from 'zod';
import { codeResults } from '../../adapters/notify/wire.ts';
import { smsCodeResult } from '../sentinels.ts';
import { whole } from '../store.ts';
import type { Rows } from '../store.ts';

export interface Delivery {
  requestId: string;
  /** E.164 */
  phone: string;
  sender: string;
  text: string;
}

/** Delivers a message and returns the gateway's CodeResult. A repeated request id is counted and not delivered again. */
export async function deliver(db: Rows, message: Delivery): Promise<string> {
  const refused = smsCodeResult(message.phone);
  if (refused !== codeResults.sent) return refused;
  const [row] = await db.rows(
    z.object({ requests: whole }),
    `insert into messages (request_id, phone, sender, text) values ($1, $2, $3, $4)
     on conflict (request_id) do update set requests = messages.requests + 1 returning requests`,
    [message.requestId, message.phone, message.sender, message.text],
  );
  return row?.requests === 1 ? codeResults.sent : codeResults.duplicateRequestId;
}

const shownMessage = z.object({ id: whole, phone: z.string(), sender: z.string(), text: z.string(), createdAt: z.date() });
export type ShownMessage = z.output<typeof shownMessage>;

const shownAtMost = 50; // Our choice: what a page of a phone shows.

/** The latest messages, newest first; of one phone when it is given. */
export async function latestMessages(db: Rows, phone: string | undefined): Promise<ShownMessage[]> {
  return db.rows(
    shownMessage,
    `select id, phone, sender, text, created_at as "createdAt" from messages
     where $1::text is null or phone = $1 order by id desc limit $2`,
    [phone ?? null, shownAtMost],
  );
}

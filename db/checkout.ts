// How a customer gets into the checkout: a link that works once, and the session it is exchanged for. Only digests of the tokens
// are kept; the tokens have 256 random bits and are not ids.

import { randomBytes } from 'node:crypto';
import type { Boxes } from './boxes.ts';
import { digest } from './documents.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface CheckoutSession {
  sessionId: string;
  applicationId: string;
}

/** Makes a link for an application and returns its token. Earlier links that nobody opened stop working. */
export async function addCheckoutLink(tx: Tx, link: { applicationId: string; lifetimeMs: number }): Promise<string> {
  await endUnopened(tx, link.applicationId);
  const token = newToken();
  await tx.query(
    `insert into checkout_links (id, application_id, token_hash, expires_at) values ($1, $2, $3, now() + $4 * interval '1 millisecond')`,
    [newId('checkoutLink'), link.applicationId, digest(token), link.lifetimeMs],
  );
  return token;
}

/** Makes the link that a message will carry. Returns when it ends. Earlier links that nobody opened stop working. */
export async function addLinkForMessage(
  tx: Tx,
  boxes: Boxes,
  link: { applicationId: string; notificationId: string; lifetimeMs: number },
): Promise<Date> {
  await endUnopened(tx, link.applicationId);
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into checkout_links (id, application_id, token_hash, expires_at) values ($1, $2, $3, now() + $4 * interval '1 millisecond')
     returning expires_at`,
    [newId('checkoutLink'), link.applicationId, digest(tokenOfMessage(boxes, link.notificationId)), link.lifetimeMs],
  );
  return rows[0]?.expires_at ?? new Date();
}

/** The token of the link that this message carries: the same at every try, and stored nowhere. */
export function tokenOfMessage(boxes: Boxes, notificationId: string): string {
  return boxes.index('checkout_link', notificationId).subarray(0, linkTokenBytes).toString('base64url');
}

const linkTokenBytes = 24; // 192 bits; a whole SMS has 160 characters.

/** When the link of this message ends; null when it has none. */
export async function linkOfMessage(db: Queryable, boxes: Boxes, notificationId: string): Promise<Date | null> {
  const { rows } = await db.query<{ expires_at: Date }>('select expires_at from checkout_links where token_hash = $1', [
    digest(tokenOfMessage(boxes, notificationId)),
  ]);
  return rows[0]?.expires_at ?? null;
}

/** Links sent for the application by message in the last day, this one included; after how many seconds the oldest of them no longer counts, and
 *  after how many the one before this has had `restMs`. */
export async function linksSentToday(
  db: Queryable,
  link: { applicationId: string; notificationId: string; restMs: number },
): Promise<{ count: number; lessInSeconds: number; restsForSeconds: number }> {
  const secondsTo = (time: string): string => `coalesce(ceil(extract(epoch from ${time} - clock_timestamp())), 0)::int`;
  const { rows } = await db.query<{ count: number; lessInSeconds: number; restsForSeconds: number }>(
    `select count(*) as count, ${secondsTo(`min(created_at) + interval '1 day'`)} as "lessInSeconds",
       ${secondsTo(`max(created_at) filter (where id <> $2) + $3 * interval '1 millisecond'`)} as "restsForSeconds"
     from notifications where application_id = $1 and template = 'checkout_link' and created_at > now() - interval '1 day'`,
    [link.applicationId, link.notificationId, link.restMs],
  );
  return rows[0] ?? { count: 0, lessInSeconds: 0, restsForSeconds: 0 };
}

async function endUnopened(tx: Tx, applicationId: string): Promise<void> {
  await tx.query('update checkout_links set expires_at = now() where application_id = $1 and used_at is null and expires_at > now()', [
    applicationId,
  ]);
}

/** Exchanges a link for a session. Null when the link is unknown, expired or used: of any number of parallel exchanges one succeeds. */
export async function exchangeLink(
  tx: Tx,
  exchange: { linkToken: string; sessionMs: number },
): Promise<{ applicationId: string; sessionToken: string; expiresAt: Date } | null> {
  const { rows } = await tx.query<{ application_id: string }>(
    `update checkout_links set used_at = now() where token_hash = $1 and used_at is null and expires_at > now() returning application_id`,
    [digest(exchange.linkToken)],
  );
  const applicationId = rows[0]?.application_id;
  if (applicationId === undefined) return null;
  const sessionToken = newToken();
  const { rows: sessions } = await tx.query<{ expires_at: Date }>(
    `insert into checkout_sessions (id, application_id, token_hash, expires_at) values ($1, $2, $3, now() + $4 * interval '1 millisecond')
     returning expires_at`,
    [newId('session'), applicationId, digest(sessionToken), exchange.sessionMs],
  );
  return { applicationId, sessionToken, expiresAt: sessions[0]?.expires_at ?? new Date() };
}

/** The session of this token, which counts as seen now; null when it is unknown, idle for too long, or over. */
export async function touchSession(db: Queryable, sessionToken: string, idleMs: number): Promise<CheckoutSession | null> {
  const { rows } = await db.query<{ id: string; application_id: string }>(
    `update checkout_sessions set last_seen_at = now()
     where token_hash = $1 and expires_at > now() and last_seen_at > now() - $2 * interval '1 millisecond' returning id, application_id`,
    [digest(sessionToken), idleMs],
  );
  return rows[0] ? { sessionId: rows[0].id, applicationId: rows[0].application_id } : null;
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

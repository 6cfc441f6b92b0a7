// Offers to customers.

import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface NewOffer {
  applicationId: string;
  decisionId: string;
  limitVnd: number;
  amountVnd: number;
  product: string;
  /** What the customer sees; its canonical JSON is what the hash covers. */
  content: unknown;
  hash: string;
  expiresAt: Date;
}

export interface OfferRow {
  id: string;
  application_id: string;
  decision_id: string;
  limit_vnd: number;
  amount_vnd: number;
  product: string;
  content: unknown;
  hash: string;
  expires_at: Date;
  accepted_at: Date | null;
}

/** Adds an offer and returns its id. */
export async function addOffer(tx: Tx, offer: NewOffer): Promise<string> {
  const id = newId('offer');
  await tx.query(
    `insert into offers (id, application_id, decision_id, limit_vnd, amount_vnd, product, content, hash, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      offer.applicationId,
      offer.decisionId,
      offer.limitVnd,
      offer.amountVnd,
      offer.product,
      JSON.stringify(offer.content),
      offer.hash,
      offer.expiresAt,
    ],
  );
  return id;
}

/** The newest offer of an application, or null. */
export async function latestOffer(db: Queryable, applicationId: string): Promise<OfferRow | null> {
  const { rows } = await db.query<OfferRow>('select * from offers where application_id = $1 order by created_at desc, id desc limit 1', [
    applicationId,
  ]);
  return rows[0] ?? null;
}

/** Marks the offer with this hash as accepted at that time. False when it is not the newest offer, or had expired by then. Repeat: true,
 *  the first time stands. */
export async function markOfferAccepted(
  tx: Tx,
  { applicationId, hash, at }: { applicationId: string; hash: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update offers set accepted_at = coalesce(accepted_at, $3)
     where application_id = $1 and hash = $2 and (accepted_at is not null or expires_at > $3)
       and id = (select id from offers where application_id = $1 order by created_at desc, id desc limit 1)`,
    [applicationId, hash, at],
  );
  return rowCount === 1;
}

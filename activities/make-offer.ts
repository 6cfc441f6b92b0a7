// The offer that follows a decision: limit, schedule and cost of one order, fixed by its hash.

import { z } from 'zod';
import type { OfferRef } from '../domain/application.ts';
import { dayInVietnam } from '../domain/calendar.ts';
import { invariant } from '../domain/failures.ts';
import { free } from '../domain/pricing.ts';
import type { Ruleset } from '../domain/decision/ruleset.ts';
import { buildOffer, offerContent } from '../domain/schedule.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';

export const offerRef = z.object({ offerId: z.string(), hash: z.string(), limitVnd: z.number().int(), expiresAt: z.string() });

/** A customer who waited longer than this, for CIC or for a reviewer, has left the page; a checkout session that is idle ends then too. */
const awayMs = 15 * 60_000;

/** Adds the offer and shows it to the customer, by a message too when they had to wait for it. */
export async function makeOffer(
  store: Store,
  tx: Tx,
  terms: { applicationId: string; decisionId: string; limitVnd: number; ruleset: Ruleset; now: Date; offerExpiresAt: string },
): Promise<OfferRef> {
  const { applicationId, decisionId, limitVnd, now, offerExpiresAt } = terms;
  const application = await store.applications.readApplication(tx, applicationId);
  invariant(application, 'an application exists before its workflow');
  const { amount_vnd: amountVnd, product } = application;
  const expiresAt = new Date(offerExpiresAt);
  const price = terms.ruleset.pricing?.products[product] ?? free;
  const offer = buildOffer({ applicationId, product, limitVnd, amountVnd, price, startOn: dayInVietnam(now), validUntil: expiresAt });
  const hash = store.sha256(offerContent(offer));
  const offerId = await store.offers.addOffer(tx, {
    applicationId,
    decisionId,
    limitVnd,
    amountVnd,
    product,
    content: offer,
    hash,
    expiresAt,
  });
  if (now.getTime() - application.updated_at.getTime() > awayMs)
    await store.notifications.add(tx, { applicationId, template: 'offer_ready', occasion: offerId, params: {} });
  await store.applications.advance(tx, applicationId, { status: 'offer_ready', step: 'offer', deadlineAt: offerExpiresAt, reasons: [] });
  return { offerId, hash, limitVnd, expiresAt: offerExpiresAt };
}

// The offer as its customer sees it: limit, schedule and cost, and the hash by which it is accepted.

import { z } from '@hono/zod-openapi';
import type { OfferRow } from '../../../db/offers.ts';
import { money, time } from '../../schemas.ts';

export const offerSummary = z
  .object({
    offer_hash: z.string().openapi({ description: 'Send it back to accept exactly this.' }),
    product: z.string(),
    limit: money,
    amount: money,
    instalments: z.array(z.object({ number: z.int(), due_date: z.iso.date(), principal: money, fee: money })),
    total_fees: money,
    total_payable: money,
    apr_percent: z.number(),
    late_fee: z
      .object({ basis_points: z.int(), at_most: money })
      .nullable()
      .openapi({ description: 'Of the late part of an instalment, once; null when paying late costs nothing.' }),
    expires_at: time,
    accepted_at: time.nullable(),
  })
  .openapi('Offer');

const storedOffer = z.object({
  instalments: z.array(z.object({ number: z.int(), dueOn: z.iso.date(), principalVnd: z.int(), feeVnd: z.int() })),
  totalFeesVnd: z.int(),
  totalPayableVnd: z.int(),
  aprPercent: z.number(),
  lateFee: z.object({ basisPoints: z.int(), atMostVnd: z.int() }).nullable().default(null),
});

/** The row as the customer sees it. Throws when the stored content is not an offer. */
export function toOfferSummary(row: OfferRow): z.infer<typeof offerSummary> {
  const content = storedOffer.parse(row.content);
  return {
    offer_hash: row.hash,
    product: row.product,
    limit: inVnd(row.limit_vnd),
    amount: inVnd(row.amount_vnd),
    instalments: content.instalments.map(({ number, dueOn, principalVnd, feeVnd }) => ({
      number,
      due_date: dueOn,
      principal: inVnd(principalVnd),
      fee: inVnd(feeVnd),
    })),
    total_fees: inVnd(content.totalFeesVnd),
    total_payable: inVnd(content.totalPayableVnd),
    apr_percent: content.aprPercent,
    late_fee: content.lateFee && { basis_points: content.lateFee.basisPoints, at_most: inVnd(content.lateFee.atMostVnd) },
    expires_at: row.expires_at.toISOString(),
    accepted_at: row.accepted_at?.toISOString() ?? null,
  };
}

function inVnd(value: number): z.infer<typeof money> {
  return { value, currency: 'VND' };
}

// The order that a merchant sends, and the answer to it.

import { z } from '@hono/zod-openapi';
import { apiLimits } from '../../../config/limits.ts';
import { productNames } from '../../../domain/schedule.ts';
import { language, line, mobilePhone, moneyBetween } from '../../schemas.ts';
import { applicationObject } from './application-object.ts';

const webAddress = z.url({ protocol: /^https?$/ }).max(2048);

/** What a merchant sends. */
export const newOrder = z
  .strictObject({
    merchant_reference: line(1, 64).openapi({ description: "The order's number in your system; unique.", example: 'order-10045' }),
    amount: moneyBetween(apiLimits.orderMinVnd, apiLimits.orderMaxVnd),
    product: z
      .enum(productNames)
      .default('pay-in-3')
      .openapi({ description: '`pay-in-3`: three equal parts, a month apart. `pay-in-30-days`: everything after thirty days.' }),
    items: z
      .array(
        z.strictObject({
          name: line(1, 200),
          quantity: z.int().min(1).max(100_000),
          unit_price: moneyBetween(0, apiLimits.orderMaxVnd).optional(),
        }),
      )
      .max(apiLimits.orderMaxItems)
      .default([])
      .openapi({ description: 'For the customer and the reviewer to read; nothing is computed from them.' }),
    customer: z.strictObject({ phone: mobilePhone, locale: language.default('vi') }),
    return_url: webAddress
      .optional()
      .openapi({ description: 'Where the customer goes afterwards. It carries no status: ask, or wait for the event.' }),
    cancel_url: webAddress.optional(),
    metadata: z
      .record(line(1, 40), line(0, 500))
      .refine((entries) => Object.keys(entries).length <= apiLimits.metadataMaxEntries, `at most ${apiLimits.metadataMaxEntries} entries`)
      .default({})
      .openapi({ description: 'Yours; returned unchanged. No personal data, please.' }),
  })
  .openapi('NewApplication');

export type NewOrder = z.output<typeof newOrder>;

/** What a merchant gets for it: the application, and the way into the checkout. */
export const createdApplication = applicationObject
  .extend({ checkout_url: z.string().nullable().openapi({ description: 'Send the customer here. It opens once, within a day.' }) })
  .openapi('CreatedApplication');

export type CreatedApplication = z.output<typeof createdApplication>;

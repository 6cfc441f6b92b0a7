// The application as a merchant sees it. Reasons are coarse, so that nothing about a person's finances leaks to a shop.

import { z } from '@hono/zod-openapi';
import type { ApplicationRow } from '../../../db/applications.ts';
import { reasons } from '../../../domain/reasons.ts';
import { isTerminal } from '../../../domain/states.ts';
import { money, status, time } from '../../schemas.ts';

const merchantReasons = [...new Set(Object.values(reasons).map((reason) => reason.merchant))];

export const applicationObject = z
  .object({
    id: z.string().openapi({ example: 'app_01kahv3h8wf3rb0vd3x7m8k2qe' }),
    merchant_reference: z.string(),
    status,
    status_reason: z
      .object({
        code: z.enum(merchantReasons),
        retryable: z.boolean().openapi({ description: 'True when a new application for the same customer may end differently.' }),
      })
      .nullable(),
    canceled_by: z.enum(['customer', 'merchant', 'operations']).nullable(),
    next_action: z
      .object({ awaits: z.enum(['customer', 'provider']), type: z.enum(['open_checkout', 'continue_checkout', 'wait']) })
      .nullable()
      .openapi({ description: 'What is awaited and from whom; null at the end.' }),
    amount: money,
    metadata: z.record(z.string(), z.string()),
    version: z.int().openapi({ description: 'Rises by one with every change; also the ETag.' }),
    expires_at: time.nullable().openapi({ description: 'Until when the present step waits.' }),
    created_at: time,
    updated_at: time,
  })
  .openapi('Application');

export type ApplicationObject = z.infer<typeof applicationObject>;

/** The row as the public object. */
export function toApplicationObject(row: ApplicationRow): ApplicationObject {
  return {
    id: row.id,
    merchant_reference: row.merchant_reference,
    status: row.status,
    status_reason: statusReason(row),
    canceled_by: row.canceled_by,
    next_action: nextAction(row),
    amount: { value: row.amount_vnd, currency: 'VND' },
    metadata: row.metadata,
    version: row.version,
    expires_at: row.deadline_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

// Another try may end differently when nothing about the person decided it.
const retryableReasons = new Set([
  'customer_inactive',
  'signature_expired',
  'canceled',
  'offer_rejected_by_customer',
  'provider_unavailable',
]);

function statusReason({ status, reasons: codes }: ApplicationRow): ApplicationObject['status_reason'] {
  const first = codes[0];
  if (!isTerminal(status) || first === undefined) return null;
  const code = reasons[first].merchant;
  return { code, retryable: retryableReasons.has(code) };
}

const customerSteps = new Set(['basicInfo', 'identity', 'offer', 'contract', 'purchase']);

function nextAction({ status, step }: ApplicationRow): ApplicationObject['next_action'] {
  if (isTerminal(status)) return null;
  if (status === 'created') return { awaits: 'customer', type: 'open_checkout' };
  if (status === 'in_review' || status === 'settling' || !customerSteps.has(step)) return { awaits: 'provider', type: 'wait' };
  return { awaits: 'customer', type: 'continue_checkout' };
}

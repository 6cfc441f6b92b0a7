// The application as staff see it: exact reasons, the step, who is awaited, and what is wrong; personal data only masked.

import { z } from '@hono/zod-openapi';
import type { ApplicationRow } from '../../../db/applications.ts';
import { reasons } from '../../../domain/reasons.ts';
import { isTerminal } from '../../../domain/states.ts';
import { money, status, time } from '../../schemas.ts';

export const opsObject = z
  .object({
    id: z.string(),
    merchant: z.object({ id: z.string(), name: z.string() }),
    merchant_reference: z.string(),
    status,
    step: z.string(),
    amount: money,
    reasons: z.array(z.object({ code: z.string(), staff: z.string() })),
    canceled_by: z.string().nullable(),
    attention: z.object({ activity: z.string(), code: z.string(), since: z.string() }).nullable(),
    deadline_at: time.nullable(),
    version: z.int(),
    created_at: time,
    updated_at: time,
  })
  .openapi('OpsApplication');

/** The row as staff see it. */
export function toOpsObject(row: ApplicationRow & { merchant_name: string }): z.infer<typeof opsObject> {
  return {
    id: row.id,
    merchant: { id: row.merchant_id, name: row.merchant_name },
    merchant_reference: row.merchant_reference,
    status: row.status,
    step: isTerminal(row.status) ? 'end' : row.step,
    amount: { value: row.amount_vnd, currency: 'VND' },
    reasons: row.reasons.map((code) => ({ code, staff: reasons[code].staff })),
    canceled_by: row.canceled_by,
    attention: row.attention,
    deadline_at: row.deadline_at?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

// A merchant's order becomes an application: row, customer, checkout link and the stored reply in one commit, then the workflow.
// The start is idempotent and comes again with every repeat, so a crash between the two leaves nothing behind that a retry does not mend.

import { apiLimits, deadlines } from '../../config/limits.ts';
import { createApplication } from '../../db/applications.ts';
import type { ApplicationRow } from '../../db/applications.ts';
import { addCheckoutLink } from '../../db/checkout.ts';
import type { KeyedCall, StoredReply } from '../../db/idempotency.ts';
import { isDuplicate } from '../../db/pool.ts';
import type { Tx } from '../../db/pool.ts';
import { applicationOfOrder, merchantApplication } from '../../db/views.ts';
import { invariant } from '../../domain/failures.ts';
import { isTerminal } from '../../domain/states.ts';
import type { ApiDeps } from '../environment.ts';
import { fingerprint, once } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import { toApplicationObject } from '../routes/merchant/application-object.ts';
import { createdApplication } from '../routes/merchant/order.ts';
import type { CreatedApplication, NewOrder } from '../routes/merchant/order.ts';
import { startApplication } from './command.ts';

const operation = 'applications.create';

export interface CreateOutcome {
  status: 200 | 201;
  body: CreatedApplication;
  replayed: boolean;
}

/** Stores the application once per key and once per merchant_reference, and sees to it that its workflow runs.
 *  The same order under another key: the same application with a fresh link (200). Another order under the reference: 409. */
export async function placeOrder(deps: ApiDeps, merchantId: string, key: string, order: NewOrder): Promise<CreateOutcome> {
  const call: KeyedCall = { merchantId, operation, key, fingerprint: fingerprint(order) };
  const place = async () => once(deps, call, async (tx) => existingOrNew(deps, tx, call, order));
  // Two keys raced for one reference: the loser finds the winner's application on its second look.
  const reply = await place().catch(async (error: unknown) => (isDuplicate(error) ? place() : Promise.reject(error)));
  const body = createdApplication.parse(reply.body);
  const row = await merchantApplication(deps.database, merchantId, body.id);
  invariant(row, 'an application that was answered is stored');
  if (row.status === 'created') await startApplication(deps.commands.start, row);
  return { status: reply.status === 200 ? 200 : 201, body, replayed: reply.replayed };
}

async function existingOrNew(deps: ApiDeps, tx: Tx, call: KeyedCall, order: NewOrder): Promise<StoredReply> {
  const existing = await applicationOfOrder(tx, call.merchantId, order.merchant_reference);
  if (!existing) return { status: 201, body: await withLink(deps, tx, await addApplication(deps, tx, call.merchantId, order)) };
  if (await deps.idempotencyKeys.wasAnswered(tx, call)) return { status: 200, body: await withLink(deps, tx, existing) };
  throw new Problem('MERCHANT_REFERENCE_TAKEN', {
    detail: 'Use a new merchant_reference for a new order, or repeat the first order unchanged.',
    currentStatus: existing.status,
    more: { application_id: existing.id },
  });
}

async function addApplication(deps: ApiDeps, tx: Tx, merchantId: string, order: NewOrder): Promise<ApplicationRow> {
  return createApplication(tx, {
    merchantId,
    merchantReference: order.merchant_reference,
    customerId: await deps.customers.add(tx, { phone: order.customer.phone }),
    amountVnd: order.amount.value,
    product: order.product,
    items: order.items,
    metadata: order.metadata,
    language: order.customer.locale,
    returnUrl: order.return_url ?? null,
    cancelUrl: order.cancel_url ?? null,
    deadlineAt: new Date(deps.now().getTime() + deadlines.basicInfoMs),
  });
}

async function withLink(deps: ApiDeps, tx: Tx, row: ApplicationRow): Promise<CreatedApplication> {
  const object = toApplicationObject(row);
  if (isTerminal(row.status)) return { ...object, checkout_url: null };
  const token = await addCheckoutLink(tx, { applicationId: row.id, lifetimeMs: apiLimits.checkoutLinkMs });
  // In the fragment, the token reaches no server log and no Referer header.
  return { ...object, checkout_url: `${deps.publicUrl}/c#${token}` };
}

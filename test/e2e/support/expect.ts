// What must hold at the end of a journey, in the books of the bank and in ours.

import assert from 'node:assert/strict';
import type { AccountRow } from '../../../db/agreements.ts';
import { reasons } from '../../../domain/reasons.ts';
import type { ReasonCode } from '../../../domain/reasons.ts';
import { applicationWorkflowId } from '../../../workflows/messages.ts';
import { eventually } from '../../support/eventually.ts';
import type { System } from '../../support/system.ts';
import { merchantSees } from './actors.ts';
import type { Journey } from './journey.ts';

async function accountOf({ database }: System, { applicationId }: Journey): Promise<AccountRow | undefined> {
  return (await database.query<AccountRow>('select * from accounts where application_id = $1', [applicationId])).rows[0];
}

/** The purchase stands in WAY4 exactly once, under the RRN and the amount of our one transaction, and both sides call it posted. */
export async function isBookedOnce(system: System, journey: Journey): Promise<void> {
  const { rows } = await system.database.query<{ rrn: string; status: string }>(
    'select rrn, status from transactions where application_id = $1',
    [journey.applicationId],
  );
  assert.equal(rows.length, 1, 'one transaction');
  assert.equal(rows[0]?.status, 'posted');
  const account = await accountOf(system, journey);
  const { purchases, contracts } = await system.sandbox.state();
  const own = purchases.filter(({ contractNumber }) => contractNumber === account?.contract_number);
  assert.deepEqual(
    own.map(({ rrn, outcome, amountVnd }) => ({ rrn, outcome, amountVnd })),
    [{ rrn: rows[0]?.rrn, outcome: 'posted', amountVnd: journey.amountVnd }],
  );
  const contract = contracts.find(({ contractNumber }) => contractNumber === account?.contract_number);
  assert.equal(contract?.postedVnd, journey.amountVnd, 'the customer owes the order, once');
  assert.equal(contract?.status, 'active');
  await isOver(system, journey);
}

/** WAY4 has nothing open for this application: no active client, no active contract, no booking. */
export async function isCleanAtTheBank(system: System, journey: Journey): Promise<void> {
  const account = await accountOf(system, journey);
  const { clients, contracts, purchases } = await system.sandbox.state();
  const open = [
    ...clients.filter(({ clientNumber, status }) => clientNumber === account?.client_number && status !== 'closed'),
    ...contracts.filter(({ contractNumber, status }) => contractNumber === account?.contract_number && status !== 'closed'),
    ...purchases.filter(({ contractNumber, outcome }) => contractNumber === account?.contract_number && outcome === 'posted'),
  ];
  assert.deepEqual(open, []);
}

/** WAY4 had a client and a contract for this application, and both are closed there and in our books, with nothing booked. */
export async function isClosedAtTheBank(system: System, journey: Journey): Promise<void> {
  const account = await accountOf(system, journey);
  const { clients, contracts } = await system.sandbox.state();
  const own = [
    ...clients.filter(({ clientNumber }) => clientNumber === account?.client_number),
    ...contracts.filter(({ contractNumber }) => contractNumber === account?.contract_number),
  ];
  assert.deepEqual(
    own.map(({ status }) => status),
    ['closed', 'closed'],
  );
  assert.deepEqual([account?.client_status, account?.contract_status], ['closed', 'closed']);
  await isCleanAtTheBank(system, journey);
}

/** It ended like this: the customer reads these reasons in both languages, the weightiest first; the merchant is told only the coarse one. */
export async function endedFor(
  system: System,
  journey: Journey,
  status: string,
  codes: readonly [ReasonCode, ...ReasonCode[]],
): Promise<void> {
  const picture = await journey.reaches({ status });
  assert.equal(picture.next.action, 'none');
  assert.deepEqual(
    picture.reasons.map(({ code, text }) => [code, text.vi, text.en]),
    codes.map((code) => [code, reasons[code].customer.vi, reasons[code].customer.en]),
  );
  const seen = await merchantSees(system, journey);
  assert.equal(seen.status, status);
  assert.equal(seen.status_reason?.code, reasons[codes[0]].merchant);
  for (const code of codes) assert.ok(!JSON.stringify(seen).includes(code), 'no exact reason for the shop');
  await isOver(system, journey);
}

/** The workflow has come to its end: nothing is left running for an application that is over. */
async function isOver({ temporal }: System, { applicationId }: Journey): Promise<void> {
  const handle = temporal.workflow.getHandle(applicationWorkflowId(applicationId));
  await eventually('the workflow ends', async () => (await handle.describe()).status.name === 'COMPLETED');
}

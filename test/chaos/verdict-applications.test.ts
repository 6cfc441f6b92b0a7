// The verdict on applications has teeth: whatever one of them may have wrong in our books, in WAY4's or at Temporal is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultInstallation } from '../../adapters/way4/wire.ts';
import { newId } from '../../db/ids.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { anApplicationRow } from '../delivery/support/world.ts';
import { openBooks } from './books.ts';
import { judgeApplications } from './verdict-applications.ts';
import type { ApplicationBook } from './shoppers.ts';

const { database, bank } = await openBooks();
const merchantId = newId('merchant');
await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Test Shop']);

const { msgCodes, respCodes, acquiringContract } = defaultInstallation;
const amountVnd = 1_000_000;

interface Story {
  /** As ordered: a purchase that WAY4 refuses. */
  mustBeRefused?: boolean;
  status?: string;
  outcomes?: string[];
  bookedVnd?: number[];
  accountStatus?: string;
  clients?: number;
  contracts?: number;
  ids?: string[];
}

/** Writes one application and what WAY4 has of it, and puts into the book what the shop was told. */
async function anApplication(book: ApplicationBook, story: Story): Promise<string> {
  const {
    mustBeRefused = false,
    outcomes = ['posted'],
    bookedVnd = [amountVnd],
    accountStatus = 'active',
    clients = 1,
    contracts = 1,
  } = story;
  const id = await anApplicationRow(database, merchantId, amountVnd);
  await database.query('update applications set status = $2 where id = $1', [id, story.status ?? 'completed']);
  const number = id.slice(-12);
  const nationalId = `national ${number}`;
  await database.query('insert into accounts (id, application_id, client_number, contract_number, limit_vnd) values ($1, $2, $3, $4, $5)', [
    newId('account'),
    id,
    `C0${number}`,
    `K0${number}`,
    amountVnd,
  ]);
  for (let n = 0; n < clients; n += 1)
    await bank.run(
      `insert into clients (client_number, national_id, first_name, last_name, birth_date, phone, address, status) values ($1, $2, '', '', '', '', '', $3)`,
      [`C${n}${number}`, nationalId, accountStatus],
    );
  for (let n = 0; n < contracts; n += 1)
    await bank.run(`insert into contracts (contract_number, client_number, product, opened_on, status) values ($1, $2, '', now(), $3)`, [
      `K${n}${number}`,
      `C0${number}`,
      accountStatus,
    ]);
  for (const [n, status] of outcomes.entries()) {
    const purchase = { applicationId: id, merchantId, kind: 'purchase', contractNumber: `K0${number}`, amountVnd } as const;
    const { transactionId, rrn } = await database.withTransaction(async (tx) =>
      acceptTransaction(tx, { ...purchase, intentKey: `${id}:purchase${n > 0 ? n : ''}` }),
    );
    await database.query(`update transactions set status = $2, settled_at = case when $2 <> 'accepted' then now() end where id = $1`, [
      transactionId,
      status,
    ]);
    for (const vnd of n === 0 ? bookedVnd : [])
      await bank.run(
        `insert into docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code) values ($1, $2, $3, $4, '', $5, $6)`,
        [msgCodes.purchase, rrn, `${acquiringContract}${vnd}`, `K0${number}`, vnd, respCodes.ok],
      );
  }
  book.begun.set(id, { ids: new Set([id, ...(story.ids ?? [])]), nationalId, amountVnd, mustBeRefused });
  return id;
}

function anEmptyBook(): ApplicationBook {
  return { begun: new Map(), repeatedCalls: {}, refusals: {}, violations: [] };
}

const over = async () => ({ status: 'COMPLETED', begunAgain: 0 });
const refused: Story = { mustBeRefused: true, status: 'failed', outcomes: ['rejected'], bookedVnd: [], accountStatus: 'closed' };

test('nothing is said of applications that ended as they should', async () => {
  const book = anEmptyBook();
  await anApplication(book, {});
  await anApplication(book, refused);
  const { violations, ...counts } = await judgeApplications({ database, merchantId, readRun: over }, book);
  assert.deepEqual({ violations, counts }, { violations: [], counts: { begun: 2, completed: 1, rejected: 1, begunAgain: 0 } });
});

const account = 'an application has not exactly one client and one contract at WAY4';
const booking = 'an application was not booked exactly once, with its amount';
const outcome = 'an application has not exactly one transaction, with one outcome';
const end = 'an application did not end as it should';

const wrongs: [what: string, story: Story, rule: string][] = [
  ['it is stuck', { status: 'settling' }, end],
  ['it was canceled', { status: 'canceled' }, end],
  ['WAY4 refused it and it is completed', { ...refused, status: 'completed' }, end],
  ['it became two purchases', { outcomes: ['posted', 'posted'] }, outcome],
  ['it never became a purchase', { outcomes: [], bookedVnd: [] }, outcome],
  ['its purchase has no outcome', { outcomes: ['accepted'] }, outcome],
  ['WAY4 never booked it', { bookedVnd: [] }, booking],
  ['WAY4 booked it twice', { bookedVnd: [amountVnd, amountVnd + 1] }, booking],
  ['WAY4 booked another amount', { bookedVnd: [amountVnd + 1] }, booking],
  ['WAY4 booked what was to be refused', { ...refused, bookedVnd: [amountVnd] }, booking],
  ['its customer is two clients', { clients: 2 }, account],
  ['its customer has two contracts', { contracts: 2 }, account],
  ['a refused one left its contract open', { ...refused, accountStatus: 'active' }, account],
  [
    'one key was answered with another application as well',
    { ids: ['app_other'] },
    'an order was answered with no application, or with several',
  ],
];

for (const [what, story, rule] of wrongs) {
  test(`it is found out when ${what}`, async () => {
    const book = anEmptyBook();
    const id = await anApplication(book, story);
    const { violations } = await judgeApplications({ database, merchantId, readRun: over }, book);
    assert.ok(
      violations.some((violation) => violation.startsWith(`${rule}: `) && violation.includes(id)),
      JSON.stringify(violations),
    );
  });
}

test('it is found out when the api answered 500', async () => {
  const book = { ...anEmptyBook(), repeatedCalls: { NO_ANSWER: 3, INTERNAL: 1 } };
  const { violations } = await judgeApplications({ database, merchantId: 'of nobody', readRun: over }, book);
  assert.deepEqual(violations, ['the api had no better word for a failure than INTERNAL: 1, e.g. INTERNAL']);
});

test('it is found out when a run goes on, and when an order became an application that nobody was told of', async () => {
  const book = anEmptyBook();
  const id = await anApplication(book, {});
  const running = async () => ({ status: 'RUNNING', begunAgain: 0 });
  const open = (await judgeApplications({ database, merchantId, readRun: running }, book)).violations;
  assert.ok(open.includes(`the run of an application is not over: 1, e.g. ${id} (completed, RUNNING)`), JSON.stringify(open));
  const untold = (await judgeApplications({ database, merchantId, readRun: over }, anEmptyBook())).violations;
  assert.ok(
    untold.some((violation) => violation.startsWith('an application that nobody was told of: ')),
    JSON.stringify(untold),
  );
});

// One complete application, told as it happens: a shop's call, a customer's steps, and the purchase booked. Everything goes through the
// real api; the person is invented, the ID card is drawn and marked as a specimen, and the face comes from a package's sample photos.

import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { formatVnd } from '../../domain/money.ts';
import { renderIdCard } from '../../sandbox/id-card/card.ts';
import { demoPortraits, takenAnew } from '../../sandbox/id-card/portraits.ts';
import { nationalIdFor, nationalIdsPerSentinel } from '../../sandbox/sentinels.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import { startCheckout } from './demo-client.ts';
import type { Customer, Person, Photos } from './demo-client.ts';
import type { DemoOptions, DemoResult } from './demo-run.ts';

const amountVnd = 3_600_000;
const settledWithinMs = 60_000;
const smsWithinMs = 15_000;

/** Takes one application from the merchant's call to the booked purchase and returns what came of it. Throws when it gets stuck. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const person = anyPerson();
  const photos = await drawPhotos(person);
  const clock = createClock(options.log);
  const customer = await startCheckout(options.apiUrl, options.merchantKey, {
    reference: `demo-${randomBytes(4).toString('hex')}`,
    amountVnd,
    phone: anyPhone(),
  });
  clock.done('created', `The shop asks for ${formatVnd(amountVnd)}: ${customer.applicationId}`);
  await goThrough(customer, { person, photos, options, clock });
  const database = openDatabase({ url: options.databaseUrl, applicationName: 'trasau-demo', poolSize: 1 });
  try {
    const outcome = await settled(database, customer.applicationId);
    clock.done(
      'settled',
      `The purchase is settled at WAY4: ${outcome.transaction.outcome ?? 'no outcome'}, RRN ${outcome.transaction.rrn ?? '–'}`,
    );
    const contractPdf = join(options.outputFolder, `${outcome.way4.contractNumber}.pdf`);
    writeFileSync(contractPdf, await customer.contractPdf());
    const { applicationId } = customer;
    const historyEvents = await countEvents(options.temporalAddress, applicationId);
    return { applicationId, ...outcome, contractPdf, historyEvents, timingsMs: clock.timings() };
  } finally {
    await database.close();
  }
}

interface Journey {
  person: Person;
  photos: Photos;
  options: DemoOptions;
  clock: Clock;
}

async function goThrough(customer: Customer, { person, photos, options, clock }: Journey): Promise<void> {
  await customer.submitBasicInfo(person);
  clock.done('basicInfo', 'The customer fills in data and gives three consents');
  await customer.submitPhotos(photos);
  clock.done('photos', 'The customer sends photos of ID card and face');
  const { offer, status, reasons } = await customer.isAskedTo('accept_offer');
  if (!offer) throw new Error(`The application is ${status}: ${reasons.map((reason) => reason.code).join(', ')}.`);
  clock.done('decided', `Identified, checked at CIC and approved: limit ${formatVnd(offer.limit.value)}`);
  await customer.acceptOffer();
  const { contract } = await customer.isAskedTo('sign_contract');
  clock.done('activated', `Client and contract ${contract?.number ?? ''} opened in WAY4; the contract is ready to be read`);
  await customer.signContract();
  await customer.isAskedTo('approve_purchase');
  clock.done('signed', 'The customer signs; the contract is sealed');
  const { maskedPhone } = await customer.approve(amountVnd);
  const code = await readOtp(options.sandboxUrl, customer.applicationId, maskedPhone);
  clock.done('otpSent', `WAY4 sends an OTP to ${maskedPhone}`);
  await customer.submitOtp(code);
  clock.done('approved', 'The customer types the OTP; the purchase is handed to RabbitMQ');
}

// The phone page of the sandbox, as a program reads it. The number is the demo's own, so the newest OTP that fits the mask is the one.
async function readOtp(sandboxUrl: string, applicationId: string, maskedPhone: string): Promise<string> {
  const until = Date.now() + smsWithinMs;
  const ending = maskedPhone.slice(-3);
  while (Date.now() < until) {
    const messages = phoneMessages.parse(await (await fetch(`${sandboxUrl}/phone/messages`)).json()).messages;
    const code = messages.filter(({ phone }) => phone.endsWith(ending)).flatMap(({ text }) => /\b(\d{6})\b/.exec(text)?.[1] ?? []);
    if (code[0] !== undefined) return code[0];
    await pause(50);
  }
  throw new Error(`No OTP arrived on the sandbox phone for ${applicationId}.`);
}

const phoneMessages = z.looseObject({ messages: z.array(z.looseObject({ phone: z.string(), text: z.string() })) });

type Outcome = Pick<DemoResult, 'status' | 'decision' | 'way4' | 'transaction'>;

/** Waits until the application has ended and reads what the books say of it. */
async function settled(database: Database, applicationId: string): Promise<Outcome> {
  const until = Date.now() + settledWithinMs;
  for (;;) {
    const { rows } = await database.query<Record<'status' | 'outcome' | 'ruleset_version', string> & BookRow>(
      `select a.status, d.outcome, d.limit_vnd, d.ruleset_version, c.client_number, c.contract_number, t.id, t.rrn, t.status as booking
       from applications a left join decisions d on d.application_id = a.id left join accounts c on c.application_id = a.id
         left join transactions t on t.application_id = a.id
       where a.id = $1 order by d.round desc limit 1`,
      [applicationId],
    );
    const row = rows[0];
    if (!row) throw new Error('The application of the demo is not in the database.');
    if (['completed', 'failed', 'declined', 'expired', 'canceled'].includes(row.status)) {
      return {
        status: row.status,
        decision: { kind: row.outcome, limitVnd: row.limit_vnd, rulesetVersion: row.ruleset_version },
        way4: { clientNumber: row.client_number, contractNumber: row.contract_number },
        transaction: { id: row.id, rrn: row.rrn, outcome: row.booking },
      };
    }
    if (Date.now() > until)
      throw new Error(`The purchase is not settled after ${settledWithinMs / 1_000} s; the application is ${row.status}.`);
    await pause(100);
  }
}

interface BookRow {
  limit_vnd: number | null;
  client_number: string | null;
  contract_number: string | null;
  id: string | null;
  rrn: string | null;
  booking: string | null;
}

async function countEvents(address: string, applicationId: string): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const { historyLength } = await new Client({ connection }).workflow.getHandle(applicationWorkflowId(applicationId)).describe();
    return historyLength;
  } finally {
    await connection.close();
  }
}

function anyPerson(): Person {
  const born = { dateOfBirth: '1994-03-08', gender: 'female' as const };
  return {
    ...born,
    fullName: 'Nguyễn Thị Minh Đào',
    nationalId: nationalIdFor('good', { ...born, unique: randomInt(nationalIdsPerSentinel) }),
    address: '12 Nguyễn Huệ, Phường Sài Gòn, Thành phố Hồ Chí Minh',
    monthlyIncomeVnd: 18_000_000,
  };
}

function anyPhone(): string {
  return `+8490${String(randomInt(10_000_000)).padStart(7, '0')}`;
}

async function drawPhotos(person: Person): Promise<Photos> {
  const { customer } = await demoPortraits();
  const card = await renderIdCard({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' }, customer.portrait);
  return { ...card, selfie: await takenAnew(customer.selfie) };
}

interface Clock {
  done(name: string, line: string): void;
  /** Milliseconds of each part, and `total`. */
  timings(): Record<string, number>;
}

function createClock(log: (line: string) => void): Clock {
  const startedAt = performance.now();
  let last = startedAt;
  const parts: Record<string, number> = {};
  return {
    done(name, line) {
      const now = performance.now();
      parts[name] = Math.round(now - last);
      last = now;
      log(`  ${line} (${((now - startedAt) / 1_000).toFixed(1)} s)`);
    },
    timings: () => ({ ...parts, total: Math.round(last - startedAt) }),
  };
}

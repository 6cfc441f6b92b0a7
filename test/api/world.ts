// A small world for tests of the api: a database of its own, one merchant with a key, and an application port that is a plain object.
// The api itself is real; only Temporal, the photo reader and the signature of CIC are replaced.

import { after } from 'node:test';
import { createApp } from '../../api/app.ts';
import type { Api, ApiDeps } from '../../api/environment.ts';
import type { Commands } from '../../adapters/temporal/commands.ts';
import { createPayloadReader } from '../../adapters/temporal/payload-reader.ts';
import { createBoxes } from '../../db/boxes.ts';
import { createCustomers } from '../../db/customers.ts';
import { createDocuments } from '../../db/documents.ts';
import { createPostgresObjects } from '../../db/objects.ts';
import { createIdempotencyKeys } from '../../db/idempotency.ts';
import { addMerchant, issueApiKey, scopes } from '../../db/merchants.ts';
import type { Scope } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { databaseProblems, knownMigrations } from '../../db/readiness.ts';
import { advance } from '../../db/applications.ts';
import type { Advance } from '../../db/applications.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import { freshDatabase } from '../support/database.ts';
import { aPayloadKey, testPayloads } from '../support/payloads.ts';
import { asStaff, readStaffToken } from '../support/staff.ts';

export const publicUrl = 'http://127.0.0.1:4100';
/** The headers of somebody who may do all that staff may do. */
export const staff = await asStaff('linh.tran', 'support', 'reviewer', 'operations');
/** Encrypts what Temporal stores in this world. */
export const payloadKey = aPayloadKey();
export const now = new Date('2026-11-23T08:00:00Z');

/** Every command to the application port, in order. */
interface Sent {
  command: string;
  args: unknown[];
}

export interface World {
  app: Api;
  deps: ApiDeps;
  database: Database;
  apiKey: string;
  merchantId: string;
  sent: Sent[];
  logged: { level: string; fields: object; message: string }[];
  /** Replaces one command until the end of the test file. */
  answer(command: keyof Commands, with_: (...args: unknown[]) => Promise<unknown>): void;
  /** Another merchant's key, or one with fewer scopes. */
  anotherKey(options?: { scopes?: readonly Scope[]; merchantId?: string }): Promise<string>;
  /** Takes a statement as the workflow would: it becomes the customer of the application. */
  adopt(applicationId: string, customerId: string): Promise<void>;
  /** Moves an application as its workflow would. */
  move(applicationId: string, to: Advance): Promise<void>;
}

export const view: ApplicationView = { status: 'in_progress', step: 'identity', awaits: 'customer', deadlineAt: null, attention: null };

/** A new world, torn down after the file's tests. */
export async function aWorld(overrides: Partial<ApiDeps> = {}): Promise<World> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, applicationName: 'test-api' });
  after(async () => {
    await database.close();
    await fresh.close();
  });
  const sent: Sent[] = [];
  const logged: World['logged'] = [];
  const answers = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  const otpSent = async () => ({ challengeId: 'otp_1', expiresAt: '2026-11-23T08:03:00.000Z', maskedPhone: '+84*****567', resendsLeft: 2 });
  for (const command of ['approveTransaction', 'resendOtp']) answers.set(command, otpSent);
  answers.set('submitOtp', async () => ({ kind: 'verified' }));
  answers.set('firstAnswer', async () => undefined);
  const commands = new Proxy({} as Commands, {
    // every member records its call and answers from the table
    get:
      (_, command: string) =>
      async (...args: unknown[]) => {
        if (command !== 'firstAnswer') sent.push({ command, args });
        return (answers.get(command) ?? (async () => view))(...args);
      },
  });
  const boxes = createBoxes({ dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) });
  const known = await knownMigrations();
  const note = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const deps: ApiDeps = {
    database,
    boxes,
    customers: createCustomers(boxes),
    documents: createDocuments(boxes, [createPostgresObjects(database)]),
    idempotencyKeys: createIdempotencyKeys(boxes),
    commands,
    runs: { look: async () => ({ kind: 'away' }) },
    runUrl: () => null,
    liveness: null,
    readImage: async (bytes) =>
      bytes[0] === 0xff
        ? { kind: 'ok', jpeg: bytes }
        : { kind: 'refused', code: 'NOT_AN_IMAGE', message: 'The file is not a JPEG, PNG or WebP image.' },
    readBureauCallback: (rawBody, signature) => (signature === 'right' ? JSON.parse(rawBody) : null),
    notReady: async () => databaseProblems(database, known),
    draining: () => false,
    now: () => now,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    readPayloads: createPayloadReader('default', testPayloads([payloadKey])),
    payloadNamespace: 'default',
    temporalUiOrigin: 'http://127.0.0.1:4141',
    publicUrl,
    readStaffToken,
    ...overrides,
  };
  const merchantId = await database.withTransaction(async (tx) => addMerchant(tx, { name: 'Cửa hàng Hoa Sen' }));
  const anotherKey: World['anotherKey'] = async (options = {}) =>
    database.withTransaction(async (tx) => {
      const holder = options.merchantId ?? (await addMerchant(tx, { name: 'Another shop' }));
      return (await issueApiKey(tx, { merchantId: holder, scopes: options.scopes ?? scopes, mode: 'test' })).apiKey;
    });
  return {
    app: createApp(deps),
    deps,
    database,
    apiKey: await anotherKey({ merchantId }),
    merchantId,
    sent,
    logged,
    answer: (command, with_) => void answers.set(command, with_),
    anotherKey,
    adopt: async (applicationId, customerId) => database.withTransaction(async (tx) => deps.customers.adopt(tx, applicationId, customerId)),
    move: async (applicationId, to) => database.withTransaction(async (tx) => advance(tx, applicationId, to)),
  };
}

/** An order as a merchant sends it. */
export function anOrder(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    merchant_reference: `order-${crypto.randomUUID()}`,
    amount: { value: 3_000_000, currency: 'VND' },
    items: [{ name: 'Rice cooker', quantity: 1 }],
    customer: { phone: '0901234567', locale: 'vi' },
    return_url: 'https://shop.example/thanks',
    metadata: { basket: '7' },
    ...changes,
  };
}

/** Basic info of a customer who fits together. */
export function basicInfo(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    full_name: 'Nguyễn Thị Đào',
    date_of_birth: '1995-04-12',
    national_id: '001195990101',
    gender: 'female',
    address: '1 Tràng Tiền, Hoàn Kiếm, Hà Nội',
    monthly_income: { value: 15_000_000, currency: 'VND' },
    consents: { data_processing: '2026-11-01', credit_bureau: '2026-11-01', biometric: '2026-11-01' },
    ...changes,
  };
}

/** A request with a JSON body. */
export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Places an order and returns the reply. */
export async function place(world: World, order = anOrder(), key: string = crypto.randomUUID(), apiKey = world.apiKey): Promise<Response> {
  return world.app.request('/v1/applications', post(order, { ...bearer(apiKey), 'idempotency-key': key }));
}

/** What tests look at in replies, whatever the route. A member that a reply lacks is undefined at run time and fails the test. */
export interface Seen {
  [member: string]: unknown;
  id: string;
  application_id: string;
  checkout_url: string;
  session_token: string;
  next_cursor: string;
  has_more: boolean;
  instance: string;
  data: { id: string }[];
  errors: { pointer: string; code: string; message: string }[];
  reasons: { code: string; text: { vi: string; en: string } }[];
  consents: { kind: string }[];
  merchant: { name: string };
  next: { action: string };
  instalments: unknown[];
  otp: { attempts_left: number; resends_left: number };
  timeline: { source: string; what: string; details: Record<string, unknown> }[];
  customer: { phone: string; national_id: string | null };
}

/** The JSON body of a reply. */
export async function bodyOf(response: Response | Promise<Response>): Promise<Seen> {
  return (await (await response).json()) as Seen; // the interface says why
}

/** A new application with an open checkout session. */
export async function aCheckout(world: World, order = anOrder()): Promise<{ applicationId: string; session: Record<string, string> }> {
  const created = await bodyOf(place(world, order));
  const token = new URL(created.checkout_url).hash.slice(1);
  const opened = await bodyOf(world.app.request('/checkout/sessions', post({ token })));
  return { applicationId: created.id, session: bearer(opened.session_token) };
}

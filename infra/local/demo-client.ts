// A merchant and its customer as programs: the calls that a shop's server and a checkout page make, in the order in which people make
// them. The demo and the journeys of the tests use it; it knows the api by its addresses only.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const pollMs = 100;
const stepWithinMs = 60_000;
/** How long a call that is answered with "try again" is repeated. */
const patienceMs = 30_000;

const problem = z.looseObject({ status: z.number(), code: z.string(), detail: z.string().optional() });

/** The api said no. `code` is the problem's; the rest of it is in `problem`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly problem: z.output<typeof problem>;
  constructor(call: string, body: z.output<typeof problem>) {
    super(`${call}: ${body.status} ${body.code}${body.detail ? `: ${body.detail}` : ''}`);
    this.code = body.code;
    this.problem = body;
  }
}

const picture = z.looseObject({
  status: z.string(),
  step: z.string(),
  next: z.looseObject({ action: z.string() }),
  reasons: z.array(z.looseObject({ code: z.string(), text: z.looseObject({ vi: z.string(), en: z.string() }) })),
  identity: z.looseObject({ attempts_left: z.number() }),
  consents: z.array(z.looseObject({ kind: z.string(), text_version: z.string() })),
  offer: z.looseObject({ offer_hash: z.string(), limit: z.looseObject({ value: z.number() }) }).nullable(),
  contract: z.looseObject({ number: z.string(), document_sha256: z.string(), sealed_at: z.string().nullable() }).nullable(),
  otp: z.looseObject({ masked_phone: z.string() }).nullable(),
});
export type CheckoutPicture = z.output<typeof picture>;

export interface Order {
  reference: string;
  amountVnd: number;
  phone: string;
}

export interface Person {
  fullName: string;
  dateOfBirth: string;
  nationalId: string;
  gender: 'male' | 'female';
  address: string;
  email?: string;
  monthlyIncomeVnd: number;
}

export interface Photos {
  front: Uint8Array;
  back: Uint8Array;
  selfie: Uint8Array;
}

export interface Customer {
  applicationId: string;
  /** The bearer token of the session, for calls that are not here. */
  sessionToken: string;
  look(): Promise<CheckoutPicture>;
  /** Waits until the customer is asked for this, or the application has ended. Throws when neither comes within a minute. */
  isAskedTo(action: string): Promise<CheckoutPicture>;
  submitBasicInfo(person: Person): Promise<void>;
  submitPhotos(photos: Photos): Promise<void>;
  acceptOffer(): Promise<void>;
  signContract(): Promise<void>;
  approve(amountVnd: number): Promise<{ maskedPhone: string }>;
  submitOtp(code: string): Promise<void>;
  resendOtp(): Promise<void>;
  cancel(): Promise<void>;
  contractPdf(): Promise<Uint8Array>;
}

/** Sends one call and returns the parsed answer. Throws ApiProblem when the api said no. */
export type Send = (url: string, call: Call) => Promise<unknown>;

/** The merchant creates the application and the customer opens the link. */
export async function startCheckout(apiUrl: string, merchantKey: string, order: Order): Promise<Customer> {
  return openCheckout(apiUrl, (await placeOrder(apiUrl, merchantKey, order)).checkoutUrl);
}

/** The merchant creates the application. `key`, its Idempotency-Key, defaults to the order's reference. */
export async function placeOrder(
  apiUrl: string,
  merchantKey: string,
  order: Order,
  { key = order.reference, send = call }: { key?: string; send?: Send } = {},
): Promise<{ applicationId: string; checkoutUrl: string }> {
  const created = z.looseObject({ id: z.string(), checkout_url: z.string() }).parse(
    await send(`${apiUrl}/v1/applications`, {
      headers: { authorization: `Bearer ${merchantKey}`, 'idempotency-key': key },
      json: {
        merchant_reference: order.reference,
        amount: { value: order.amountVnd, currency: 'VND' },
        items: [{ name: 'Điện thoại', quantity: 1 }],
        customer: { phone: order.phone, locale: 'vi' },
      },
    }),
  );
  return { applicationId: created.id, checkoutUrl: created.checkout_url };
}

/** The customer opens the link, which works once. */
export async function openCheckout(apiUrl: string, checkoutUrl: string, send: Send = call): Promise<Customer> {
  const token = new URL(checkoutUrl).hash.slice(1);
  const session = z
    .looseObject({ application_id: z.string(), session_token: z.string() })
    .parse(await send(`${apiUrl}/checkout/sessions`, { json: { token } }));
  return createCustomer(apiUrl, session.application_id, session.session_token, send);
}

function createCustomer(apiUrl: string, applicationId: string, sessionToken: string, send: Send): Customer {
  const headers = { authorization: `Bearer ${sessionToken}` };
  const get = async (path: string) => send(`${apiUrl}/checkout/${path}`, { headers });
  const post = async (path: string, json: unknown) => send(`${apiUrl}/checkout/${path}`, { headers, json });
  const look = async () => picture.parse(await get('application'));
  return {
    applicationId,
    sessionToken,
    look,
    isAskedTo: async (action) => waitFor(action, look),
    submitBasicInfo: async (person) => {
      const { consents } = await look();
      await post('basic-info', {
        full_name: person.fullName,
        date_of_birth: person.dateOfBirth,
        national_id: person.nationalId,
        gender: person.gender,
        address: person.address,
        email: person.email,
        monthly_income: { value: person.monthlyIncomeVnd, currency: 'VND' },
        consents: Object.fromEntries(consents.map((consent) => [consent.kind, consent.text_version])),
      });
    },
    submitPhotos: async (photos) => {
      const form = new FormData();
      for (const [name, bytes] of [
        ['id_front', photos.front],
        ['id_back', photos.back],
        ['selfie', photos.selfie],
      ] as const) {
        form.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), `${name}.jpg`);
      }
      await send(`${apiUrl}/checkout/identity`, { headers, form });
    },
    acceptOffer: async () => void (await post('offer/accept', { offer_hash: (await look()).offer?.offer_hash })),
    signContract: async () => {
      const { contract, consents } = await look();
      await post('contract/sign', { document_sha256: contract?.document_sha256, consent: consents[0]?.text_version });
    },
    approve: async (amountVnd) => {
      const sent = await post('purchase/approve', { amount: { value: amountVnd, currency: 'VND' } });
      return { maskedPhone: z.looseObject({ masked_phone: z.string() }).parse(sent).masked_phone };
    },
    submitOtp: async (code) => void (await post('purchase/otp', { code })),
    resendOtp: async () => void (await post('purchase/otp/resend', {})),
    cancel: async () => void (await post('cancel', {})),
    contractPdf: async () => new Uint8Array(await (await fetch(`${apiUrl}/checkout/contract.pdf`, { headers })).arrayBuffer()),
  };
}

async function waitFor(action: string, look: () => Promise<CheckoutPicture>): Promise<CheckoutPicture> {
  const until = Date.now() + stepWithinMs;
  for (;;) {
    const now = await look();
    if (now.next.action === action || now.next.action === 'none') return now;
    if (Date.now() > until) {
      throw new Error(
        `waited ${stepWithinMs / 1_000} s for '${action}', but the application is at ${now.status}/${now.step} (${now.next.action})`,
      );
    }
    await pause(pollMs);
  }
}

export interface Call {
  headers?: Record<string, string>;
  json?: unknown;
  form?: FormData;
}

/** Every POST has a key, so that "try again" (503) is followed as the api asks: the same call takes effect once. */
async function call(url: string, wanted: Call): Promise<unknown> {
  const request = toRequest(wanted);
  const until = Date.now() + patienceMs;
  for (;;) {
    const response = await fetch(url, request);
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    if (response.status !== 503 || Date.now() > until) throw toProblem(url, request, answer);
    await pause(Number(response.headers.get('retry-after') ?? 1) * 1_000);
  }
}

/** The request of a call; a POST with a key of its own, unless one is given. It may be sent again as it is. */
export function toRequest({ headers = {}, json, form }: Call): RequestInit & { method: 'GET' | 'POST' } {
  const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
  return {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'idempotency-key': randomUUID(), ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  };
}

/** The "no" of the api to this request. */
export function toProblem(url: string, { method = 'GET' }: RequestInit, answer: unknown): ApiProblem {
  return new ApiProblem(`${method} ${new URL(url).pathname}`, problem.parse(answer));
}

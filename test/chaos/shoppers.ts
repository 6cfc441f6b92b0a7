// The second, slower stream of a campaign: whole applications. A shop places an order, a customer walks through the checkout, and both repeat a call
// that failed until it is answered. Some orders are placed twice at once, and the bank refuses some purchases.

import { setTimeout as pause } from 'node:timers/promises';
import { ApiProblem, openCheckout, placeOrder } from '../../infra/local/demo-client.ts';
import type { Customer, Order, Person, Send } from '../../infra/local/demo-client.ts';
import { renderScriptedPhotos } from '../../sandbox/id-card/scripted-photos.ts';
import { coreSentinels, nationalIdFor } from '../../sandbox/sentinels.ts';
import { createPatientCall } from './patient-call.ts';
import { createRandom } from './random.ts';
import type { ApplicationStack } from './application-stack.ts';
import type { Stage } from './stage.ts';

/** One order and what the shop was told of it. */
export interface Begun {
  /** The ids that its key was answered with. */
  ids: Set<string>;
  nationalId: string;
  amountVnd: number;
  /** WAY4 refuses a purchase of this amount. */
  mustBeRefused: boolean;
}

export interface ApplicationBook {
  /** By the merchant's reference. */
  begun: Map<string, Begun>;
  /** Calls that were made again because they were told to come again, by the code of the problem; NO_ANSWER: nobody answered. */
  repeatedCalls: Record<string, number>;
  /** What the api refused, by code. The customer then looked again and did what was asked for. */
  refusals: Record<string, number>;
  violations: string[];
}

export interface Shoppers {
  book: ApplicationBook;
  start(stage: Stage, stack: ApplicationStack): void;
  /** Begins nothing new and resolves when every customer is done, or when `withinMs` is over. */
  stop(withinMs: number): Promise<void>;
}

const maxAtOnce = 8;
const twiceShare = 0.25;
const refusedShare = 0.15;
const pollMs = 250;
/** After this what was done is done again, should it still be asked for. */
const patienceMs = 5_000;
const born = { dateOfBirth: '1994-03-08', gender: 'female' } as const;

/** One new order every `everyMs`, unless as many customers as there may be are on their way. */
export function createShoppers({ seed, everyMs }: { seed: number; everyMs: number }): Shoppers {
  const random = createRandom(seed ^ 0x5409);
  const book: ApplicationBook = { begun: new Map(), repeatedCalls: {}, refusals: {}, violations: [] };
  const walking = new Set<Promise<void>>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const send = createPatientCall(
    () => closed,
    (why) => count(book.repeatedCalls, why),
  );

  function begin(stage: Stage, stack: ApplicationStack): void {
    if (walking.size >= maxAtOnce) return;
    const number = book.begun.size;
    const mustBeRefused = random.next() < refusedShare;
    const amountVnd = mustBeRefused ? coreSentinels.limitExceeded.amountVnd : random.between(1_000, 3_600) * 1_000;
    const nationalId = nationalIdFor('good', { ...born, unique: number });
    const begun: Begun = { ids: new Set(), nationalId, amountVnd, mustBeRefused };
    const order = { reference: `order-${number}`, amountVnd, phone: `+8490${1_000_000 + number}` };
    book.begun.set(order.reference, begun);
    const shopper = { stage, stack, send, book, begun, order, twice: random.next() < twiceShare, isOver: () => closed };
    const walk = shop(shopper).catch((error: unknown) => {
      book.violations.push(`${order.reference} was given up: ${error instanceof Error ? error.message : 'failed'}`);
    });
    walking.add(walk);
    void walk.finally(() => walking.delete(walk));
  }

  return {
    book,
    start: (stage, stack) => {
      begin(stage, stack);
      timer = setInterval(() => begin(stage, stack), everyMs);
    },
    stop: async (withinMs) => {
      clearInterval(timer);
      const late = new AbortController();
      await Promise.race([Promise.all(walking), pause(withinMs, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      closed = true;
      await Promise.all(walking);
    },
  };
}

interface Shopper {
  stage: Stage;
  stack: ApplicationStack;
  send: Send;
  book: ApplicationBook;
  begun: Begun;
  order: Order;
  twice: boolean;
  isOver: () => boolean;
}

/** Everything that one customer does, until the application has ended. */
async function shop(shopper: Shopper): Promise<void> {
  const customer = await enter(shopper);
  const person: Person = {
    ...born,
    fullName: 'Nguyễn Thị Minh Đào',
    nationalId: shopper.begun.nationalId,
    address: '12 Nguyễn Huệ, Phường Sài Gòn, Thành phố Hồ Chí Minh',
    monthlyIncomeVnd: 18_000_000,
  };
  let done = { action: '', atMs: 0 };
  for (;;) {
    const { action } = (await customer.look()).next;
    if (action === 'none') return;
    if (shopper.isOver()) throw new Error(`it waits for ${action}`);
    const isNew = action !== done.action || performance.now() - done.atMs > patienceMs;
    if (action === 'wait' || !isNew) await pause(pollMs);
    else if (await acts(shopper, customer, person, action)) done = { action, atMs: performance.now() };
    else await pause(pollMs);
  }
}

/** The shop places the order and the customer opens its link. A link whose session never arrived is used up: the shop then asks for a new one,
 *  under another key, which must be one of the same application. */
async function enter(shopper: Shopper): Promise<Customer> {
  const { stack, send, book, begun, order, twice } = shopper;
  const place = async (key?: string) => {
    const placed = await placeOrder(stack.apiUrl, stack.merchantKey, order, { send, ...(key !== undefined && { key }) });
    begun.ids.add(placed.applicationId);
    return placed;
  };
  const [placed] = await Promise.all([place(), ...(twice ? [place()] : [])]);
  let { checkoutUrl } = placed;
  for (let n = 1; ; n += 1) {
    try {
      return await openCheckout(stack.apiUrl, checkoutUrl, send);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'LINK_NOT_VALID') throw error;
      count(book.refusals, error.code);
      checkoutUrl = (await place(`${order.reference}-link-${n}`)).checkoutUrl;
    }
  }
}

/** True when it was taken. What is not possible (any more) is refused; the customer then looks again. */
async function acts(shopper: Shopper, customer: Customer, person: Person, action: string): Promise<boolean> {
  const { stage, order, book } = shopper;
  const deeds: Record<string, () => Promise<unknown>> = {
    submit_basic_info: async () => customer.submitBasicInfo(person),
    submit_identity: async () => {
      const { idFront, idBack, selfie } = await renderScriptedPhotos({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' });
      await customer.submitPhotos({ front: idFront, back: idBack, selfie });
    },
    accept_offer: async () => customer.acceptOffer(),
    sign_contract: async () => customer.signContract(),
    approve_purchase: async () => customer.approve(order.amountVnd),
    resend_otp: async () => customer.resendOtp(),
    submit_otp: async () => {
      // The phone is the sandbox's, which is away with its database.
      const code = await stage.sandbox.otpCode(order.phone).catch(() => undefined);
      if (code !== undefined) await customer.submitOtp(code);
    },
  };
  try {
    await deeds[action]?.();
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    count(book.refusals, error.code);
    return false;
  }
}

function count(counts: Record<string, number>, code: string): void {
  counts[code] = (counts[code] ?? 0) + 1;
}

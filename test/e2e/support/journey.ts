// One customer and their application, as a test tells it: who they are decides what the sandbox does with them, and they walk as far as the test
// wants. Everything goes through the api.

import { startCheckout } from '../../../infra/local/demo-client.ts';
import type { CheckoutPicture, Customer, Person } from '../../../infra/local/demo-client.ts';
import { renderScriptedPhotos } from '../../../sandbox/id-card/scripted-photos.ts';
import type { SelfieScript } from '../../../sandbox/id-card/scripted-photos.ts';
import { nationalIdFor } from '../../../sandbox/sentinels.ts';
import type { BureauSentinel } from '../../../sandbox/sentinels.ts';
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from '../../support/system.ts';

/** What a customer can be asked for, in the order of the checkout. */
export type Action = 'submit_basic_info' | 'submit_identity' | 'accept_offer' | 'sign_contract' | 'approve_purchase' | 'submit_otp';

/** A place in the life of an application, as the customer sees it. */
export interface Place {
  action?: string;
  status?: string;
  step?: string;
}

export interface Story {
  bureau?: BureauSentinel;
  amountVnd?: number;
  person?: Partial<Person>;
  phone?: string;
  merchantKey?: string;
}

export interface Journey {
  customer: Customer;
  applicationId: string;
  person: Person;
  phone: string;
  amountVnd: number;
  merchantKey: string;
  /** Waits until the application is there. Throws when it ends elsewhere, or time is up. */
  reaches(place: Place, withinMs?: number): Promise<CheckoutPicture>;
  /** Waits until what the customer sees is so. */
  reachesWhere(what: string, isTrue: (picture: CheckoutPicture) => boolean): Promise<CheckoutPicture>;
  /** Plays the customer up to, and not including, this action; stops earlier when the application ends or goes to a reviewer. */
  walksTo(action: Action): Promise<CheckoutPicture>;
  /** Plays the customer to the last action and waits until the application has ended, or waits for a reviewer. */
  walksToTheEnd(): Promise<CheckoutPicture>;
  /** Submits the photos of the customer's card and this selfie. */
  sendsPhotos(selfie?: SelfieScript): Promise<void>;
  /** The code on the customer's phone. */
  otp(): Promise<string>;
}

const pollMs = 100;
const withinMsAtMost = 60_000;
const restingStatuses = ['in_review', 'completed', 'declined', 'canceled', 'expired', 'failed'];

/** A customer at the checkout of a new order. Everyone is a good customer unless the story says otherwise. */
export async function aJourney(system: System, story: Story = {}): Promise<Journey> {
  const number = system.nextCustomer();
  const born = { dateOfBirth: story.person?.dateOfBirth ?? '1994-03-08', gender: story.person?.gender ?? ('female' as const) };
  const person: Person = {
    ...born,
    fullName: 'Nguyễn Thị Minh Đào',
    nationalId: nationalIdFor(story.bureau ?? 'good', { ...born, unique: number }),
    address: '12 Nguyễn Huệ, Phường Sài Gòn, Thành phố Hồ Chí Minh',
    monthlyIncomeVnd: 18_000_000,
    ...story.person,
  };
  const phone = story.phone ?? `+8490${String(1_000_000 + number)}`;
  const amountVnd = story.amountVnd ?? 3_600_000;
  const merchantKey = story.merchantKey ?? (await system.aMerchantKey());
  const customer = await startCheckout(system.apiUrl, merchantKey, { reference: `order-${number}`, amountVnd, phone });
  const sendsPhotos = async (selfie?: SelfieScript): Promise<void> => {
    const { idFront, idBack, ...rest } = await renderScriptedPhotos({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' }, selfie);
    await customer.submitPhotos({ front: idFront, back: idBack, selfie: rest.selfie });
  };
  const otp = async (): Promise<string> => (await system.sandbox.otpCode(phone)) ?? failNow('no OTP came to the phone');
  const reaches: Journey['reaches'] = async (place, withinMs) => untilAt(customer, place, withinMs);
  const acts: [Action, () => Promise<unknown>][] = [
    ['submit_basic_info', async () => customer.submitBasicInfo(person)],
    ['submit_identity', async () => sendsPhotos()],
    ['accept_offer', async () => customer.acceptOffer()],
    ['sign_contract', async () => customer.signContract()],
    ['approve_purchase', async () => customer.approve(amountVnd)],
    ['submit_otp', async () => customer.submitOtp(await otp())],
  ];
  const walk = async (until?: Action): Promise<CheckoutPicture> => {
    for (const [action, act] of acts.slice(await standsAt(customer, acts))) {
      const picture = await untilAsked(customer, action);
      if (picture.next.action !== action || action === until) return picture;
      await act();
    }
    return untilAsked(customer, 'none');
  };
  return {
    customer,
    applicationId: customer.applicationId,
    person,
    phone,
    amountVnd,
    merchantKey,
    reaches,
    reachesWhere: async (what, isTrue) => until(customer, what, isTrue),
    walksTo: walk,
    walksToTheEnd: async () => walk(),
    sendsPhotos,
    otp,
  };
}

async function standsAt(customer: Customer, acts: [Action, unknown][]): Promise<number> {
  const { action } = (await customer.look()).next;
  const index = acts.findIndex(([name]) => name === action);
  return index === -1 ? acts.length : index;
}

/** Waits until the customer is asked for this, or for nothing more: the application has ended or waits for a reviewer. */
async function untilAsked(customer: Customer, action: string): Promise<CheckoutPicture> {
  return until(customer, `asked for ${action}`, ({ next, status }) => next.action === action || restingStatuses.includes(status));
}

async function untilAt(customer: Customer, place: Place, withinMs?: number): Promise<CheckoutPicture> {
  const isThere = ({ next, status, step }: CheckoutPicture): boolean =>
    (place.action ?? next.action) === next.action && (place.status ?? status) === status && (place.step ?? step) === step;
  const found = await until(customer, `at ${JSON.stringify(place)}`, (now) => isThere(now) || now.next.action === 'none', withinMs);
  return isThere(found) ? found : failNow(`it ended as ${describe(found)} and never was at ${JSON.stringify(place)}`);
}

async function until(
  customer: Customer,
  what: string,
  isTrue: (picture: CheckoutPicture) => boolean,
  withinMs = withinMsAtMost,
): Promise<CheckoutPicture> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    const now = await customer.look();
    if (isTrue(now)) return now;
    if (Date.now() > endsAt) failNow(`${customer.applicationId} was not ${what} within ${withinMs} ms; it is at ${describe(now)}`);
    await pause(pollMs);
  }
}

function describe({ status, step, next, reasons }: CheckoutPicture): string {
  return `${status}/${step}/${next.action} ${reasons.map(({ code }) => code).join(' ')}`;
}

function failNow(message: string): never {
  throw new Error(message);
}

// One customer and their application, as a test tells it: who they are decides what the sandbox does with them, and they walk as far as the test
// wants. Everything goes through the api.

import { startCheckout } from '../../../infra/local/demo-client.ts';
import type { CheckoutPicture, Customer, Person } from '../../../infra/local/demo-client.ts';
import { renderScriptedPhotos } from '../../../sandbox/id-card/scripted-photos.ts';
import type { PhotoSentinel } from '../../../sandbox/sentinels.ts';
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
  sendsPhotos(selfie?: PhotoSentinel): Promise<void>;
  /** The code on the customer's phone. */
  otp(): Promise<string>;
}

// As often as a checkout page might; a dozen customers who ask more often would be most of the load.
const pollMs = 250;
const withinMsAtMost = 120_000;

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
  // What was done last: until the application has moved on, the picture still asks for it.
  let done: string | undefined;
  const sendsPhotos = async (selfie?: PhotoSentinel): Promise<void> => {
    const { idFront, idBack, ...rest } = await renderScriptedPhotos({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' }, selfie);
    await customer.submitPhotos({ front: idFront, back: idBack, selfie: rest.selfie });
    done = 'submit_identity';
  };
  const otp = async (): Promise<string> => (await system.sandbox.otpCode(phone)) ?? failNow('no OTP came to the phone');
  const acts: Record<Action, () => Promise<unknown>> = {
    submit_basic_info: async () => customer.submitBasicInfo(person),
    submit_identity: async () => sendsPhotos(),
    accept_offer: async () => customer.acceptOffer(),
    sign_contract: async () => customer.signContract(),
    approve_purchase: async () => customer.approve(amountVnd),
    submit_otp: async () => customer.submitOtp(await otp()),
  };
  const isAct = (name: string): name is Action => Object.hasOwn(acts, name);
  const walk = async (to?: Action): Promise<CheckoutPicture> => {
    for (;;) {
      const isNew = ({ next: { action } }: CheckoutPicture): boolean => isAct(action) && action !== done;
      const picture = await until(customer, `asked for ${to ?? 'nothing more'}`, (now) => isNew(now) || rests(now));
      const { action } = picture.next;
      if (rests(picture) || !isAct(action) || action === to) return picture;
      await acts[action]();
      done = action;
    }
  };
  return {
    customer,
    applicationId: customer.applicationId,
    person,
    phone,
    amountVnd,
    merchantKey,
    reaches: async (place, withinMs) => untilAt(customer, place, withinMs),
    reachesWhere: async (what, isTrue) => until(customer, what, isTrue),
    walksTo: walk,
    walksToTheEnd: async () => walk(),
    sendsPhotos,
    otp,
  };
}

/** Nothing is asked of the customer any more: the application has ended or waits for a reviewer. */
function rests({ next, status }: CheckoutPicture): boolean {
  return next.action === 'none' || status === 'in_review';
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

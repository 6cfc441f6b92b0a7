// What the customer owes and when, what it costs in all, and the offer that says so. Everything is whole VND and calendar days, so
// that the sum of the instalments is the price of the order to the last đồng.

import { addDays, addMonths, daysBetween, type Day } from './calendar.ts';
import { canonicalJson } from './canonical-json.ts';
import { vnd, type Vnd } from './money.ts';
import type { Instalment } from './ports.ts';

/** The products a customer can choose from. Both cost nothing: the merchant pays. */
export const products = {
  /** Three equal parts, one, two and three months after the purchase. */
  'pay-in-3': { instalmentCount: 3 },
  /** Everything thirty days after the purchase. */
  'pay-in-30-days': { instalmentCount: 1 },
} as const satisfies Record<string, { instalmentCount: number }>;

export type Product = keyof typeof products;

export const productNames = Object.keys(products) as Product[]; // the keys of a constant object are its names

/** True for a name of the product table. */
export function isProduct(name: string): name is Product {
  return Object.hasOwn(products, name);
}

/** What is proposed to the customer: one order, its schedule and its cost. What is shown, accepted and signed is exactly this. */
export interface Offer {
  applicationId: string;
  product: Product;
  limitVnd: Vnd;
  amountVnd: Vnd;
  /** The day from which the schedule counts. */
  startOn: Day;
  instalments: Instalment[];
  totalFeesVnd: Vnd;
  totalPayableVnd: Vnd;
  /** In percent with one decimal. */
  aprPercent: number;
  /** RFC 3339; the offer is worth nothing from here on. */
  validUntil: string;
}

/** The offer for one order within a limit. Pure. Throws a RangeError when the limit does not cover the order, or as {@link schedule}. */
export function buildOffer(order: {
  applicationId: string;
  product: Product;
  limitVnd: Vnd;
  amountVnd: Vnd;
  startOn: Day;
  validUntil: Date;
}): Offer {
  if (vnd(order.limitVnd) < vnd(order.amountVnd)) throw new RangeError('the limit must cover the order');
  const instalments = schedule(order);
  const totalFeesVnd = instalments.reduce((sum, row) => sum + row.feeVnd, 0);
  const paid = instalments.map((row) => ({ on: row.dueOn, amountVnd: -(row.principalVnd + row.feeVnd) }));
  return {
    applicationId: order.applicationId,
    product: order.product,
    limitVnd: order.limitVnd,
    amountVnd: order.amountVnd,
    startOn: order.startOn,
    instalments,
    totalFeesVnd,
    totalPayableVnd: order.amountVnd + totalFeesVnd,
    aprPercent: aprPercent([{ on: order.startOn, amountVnd: order.amountVnd }, ...paid]),
    validUntil: order.validUntil.toISOString(),
  };
}

/** The text over which the offer hash (SHA-256, by the caller) is taken. Any changed term changes it. */
export function offerContent(offer: Offer): string {
  return canonicalJson(offer);
}

/** The instalments of an amount: equal parts of which the last absorbs what cannot be divided, on days that rise strictly.
 *  Month-end rule: see addMonths. Throws a RangeError for less than one đồng per instalment or a day that does not exist. */
export function schedule(terms: { amountVnd: Vnd; product: Product; startOn: Day }): Instalment[] {
  const amountVnd = vnd(terms.amountVnd);
  const count = products[terms.product].instalmentCount;
  if (amountVnd < count) throw new RangeError('the amount must be at least one VND per instalment');
  const partVnd = Math.floor(amountVnd / count);
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    dueOn: terms.product === 'pay-in-30-days' ? addDays(terms.startOn, 30) : addMonths(terms.startOn, index + 1),
    principalVnd: index + 1 < count ? partVnd : amountVnd - partVnd * (count - 1),
    feeVnd: 0,
  }));
}

/** Money on a day, seen by the customer: positive is received, negative is paid. */
export interface CashFlow {
  on: Day;
  amountVnd: Vnd;
}

/** Longest bracket of the APR search, as a factor of one year; beyond it the flows are not credit. */
const highestYearlyRate = 1e9;

/** The annual percentage rate of dated flows in percent, with one decimal, rounded half up. The first flow is what the customer
 *  receives. Convention: compound, a year has 365 days (Circular 39/2016; Directive 2008/48/EC annex I). No cost at all is exactly 0.
 *  Throws a RangeError when the flows are no credit: nothing received first, paid back less than received, or paid on the first day. */
export function aprPercent(flows: readonly CashFlow[]): number {
  const [received, ...others] = flows;
  if (!received || received.amountVnd <= 0) throw new RangeError('the first flow must be what the customer receives');
  const totalVnd = flows.reduce((sum, flow) => sum + vnd(flow.amountVnd), 0);
  if (totalVnd > 0) throw new RangeError('the customer must pay back what was received');
  if (others.some((flow) => flow.amountVnd > 0 || daysBetween(received.on, flow.on) < 1)) {
    throw new RangeError('every later flow must be a payment on a later day');
  }
  if (totalVnd === 0) return 0;
  // The root is found to 12 digits, so a rate that ends in exactly 5 may come out a hair below it; that hair must not round it down.
  return Math.round(yearlyRate(received, others) * 1_000 + 1e-7) / 10;
}

/** Bisection: the present value of what is paid falls strictly as the rate rises, so a bracket always closes on the one root. */
function yearlyRate(received: CashFlow, paid: readonly CashFlow[]): number {
  const dated = paid.map((flow) => ({ amountVnd: flow.amountVnd, years: daysBetween(received.on, flow.on) / 365 }));
  const value = (rate: number) => dated.reduce((sum, flow) => sum + flow.amountVnd * (1 + rate) ** -flow.years, received.amountVnd);
  let low = 0;
  let high = 1;
  while (value(high) < 0) {
    low = high;
    high *= 2;
    if (high > highestYearlyRate) throw new RangeError('no annual rate describes these flows');
  }
  while (high - low > 1e-12 * (1 + low)) {
    const middle = (low + high) / 2;
    if (value(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

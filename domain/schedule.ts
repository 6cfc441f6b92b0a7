// What the customer owes and when, what it costs in all, and the offer that says so. Everything is whole VND and calendar days, so
// that the sum of the instalments is the price of the order to the last đồng.

import { addDays, addMonths, daysBetween, type Day } from './calendar.ts';
import { canonicalJson } from './canonical-json.ts';
import { vnd, type Vnd } from './money.ts';
import type { Instalment } from './ports.ts';
import { feesOf, free, type LateFee, type Price } from './pricing.ts';

/** The products a customer can choose from. What they cost is policy and stands in the ruleset (domain/pricing.ts). */
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
  /** What paying late costs; null when nothing. Offers of before there were prices have none. */
  lateFee: LateFee | null;
  /** RFC 3339; the offer is worth nothing from here on. */
  validUntil: string;
}

interface Order {
  product: Product;
  amountVnd: Vnd;
  startOn: Day;
  price?: Price;
}

/** What an order costs the customer. */
export interface Cost {
  totalFeesVnd: Vnd;
  totalPayableVnd: Vnd;
  /** In percent with one decimal. */
  aprPercent: number;
}

/** The cost of an order that is paid by these instalments. Pure. */
export function costOf({ amountVnd, startOn }: Order, instalments: readonly Instalment[]): Cost {
  const totalFeesVnd = instalments.reduce((sum, row) => sum + row.feeVnd, 0);
  const paid = instalments.map((row) => ({ on: row.dueOn, amountVnd: -(row.principalVnd + row.feeVnd) }));
  return { totalFeesVnd, totalPayableVnd: amountVnd + totalFeesVnd, aprPercent: aprPercent([{ on: startOn, amountVnd }, ...paid]) };
}

/** The offer for one order within a limit; it costs nothing unless a price is given. Pure. Throws a RangeError when the limit does not cover the
 *  order, or as {@link schedule}. */
export function buildOffer(order: Order & { applicationId: string; limitVnd: Vnd; validUntil: Date }): Offer {
  if (vnd(order.limitVnd) < vnd(order.amountVnd)) throw new RangeError('the limit must cover the order');
  const instalments = schedule(order);
  return {
    applicationId: order.applicationId,
    product: order.product,
    limitVnd: order.limitVnd,
    amountVnd: order.amountVnd,
    startOn: order.startOn,
    instalments,
    ...costOf(order, instalments),
    lateFee: order.price?.lateFee ?? null,
    validUntil: order.validUntil.toISOString(),
  };
}

/** The text over which the offer hash (SHA-256, by the caller) is taken. Any changed term changes it. */
export function offerContent(offer: Offer): string {
  return canonicalJson(offer);
}

/** The instalments of an amount: equal parts of it and of its fees, of which the last absorbs what cannot be divided, on days that rise
 *  strictly. Month-end rule: see addMonths. Throws a RangeError for less than one đồng per instalment or a day that does not exist. */
export function schedule({ amountVnd, product, startOn, price = free }: Order): Instalment[] {
  const count = products[product].instalmentCount;
  if (vnd(amountVnd) < count) throw new RangeError('the amount must be at least one VND per instalment');
  const [principals, fees] = [parts(amountVnd, count), parts(feesOf(price, amountVnd, count), count)];
  return principals.map((principalVnd, index) => ({
    number: index + 1,
    dueOn: product === 'pay-in-30-days' ? addDays(startOn, 30) : addMonths(startOn, index + 1),
    principalVnd,
    feeVnd: fees[index] ?? 0,
  }));
}

function parts(totalVnd: Vnd, count: number): Vnd[] {
  const partVnd = Math.floor(totalVnd / count);
  return Array.from({ length: count }, (_, index) => (index + 1 < count ? partVnd : totalVnd - partVnd * (count - 1)));
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

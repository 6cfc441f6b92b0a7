// What keeps prices from being published: an order that could cost more a year than the ruleset itself allows. The annual rate depends on the
// days, so every day of four years is tried as the first one.

import { addDays } from '../calendar.ts';
import type { Price } from '../pricing.ts';
import { costOf, productNames, products, schedule, type Product } from '../schedule.ts';
import type { Ruleset } from './ruleset.ts';

/** Four years have every length of every month. */
const firstDays = Array.from({ length: 1_461 }, (_, days) => addDays('2024-01-01', days));

/** Large enough that rounding hardly shows. */
const largeOrderVnd = 20_000_000;

/** Every problem with the prices. Pure. */
export function pricingProblems({ pricing, inputs }: Ruleset): string[] {
  if (!pricing) return [];
  const smallestVnd = inputs.find(({ name }) => name === 'orderAmountVnd')?.minimum ?? 1;
  return productNames.flatMap((product) => {
    const price = pricing.products[product];
    // Rounding down makes no order dearer than the rate; any other rule makes the smallest order the dearest.
    const amounts = price.rounding === 'down' ? [largeOrderVnd] : [Math.max(smallestVnd, products[product].instalmentCount), largeOrderVnd];
    const highest = Math.max(...amounts.map((amountVnd) => highestApr({ product, amountVnd, price })));
    const isTooDear = highest > pricing.maximumAprPercent;
    return isTooDear ? [`pricing ${product}: the APR reaches ${highest} %, and may be ${pricing.maximumAprPercent} %`] : [];
  });
}

function highestApr(order: { product: Product; amountVnd: number; price: Price }): number {
  const isFree = order.price.feeBasisPoints + order.price.monthlyBasisPoints === 0;
  if (isFree) return 0;
  return Math.max(...firstDays.map((startOn) => aprFrom({ ...order, startOn })));
}

/** Infinite where no rate describes what is asked for. */
function aprFrom(order: Parameters<typeof schedule>[0]): number {
  try {
    return costOf(order, schedule(order)).aprPercent;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

// Money is whole Vietnamese đồng. The đồng has no minor unit (ISO 4217 exponent 0), so an amount is an integer, and every
// amount this system handles is far below 2^53: a number holds it exactly, and it travels through JSON unharmed.

/** Whole VND, an integer; negative only where a difference is meant. */
export type Vnd = number;

/** The largest amount that is ever accepted, in VND: no application, limit or transaction of this system comes near it. */
const maxAmountVnd: Vnd = 1_000_000_000_000;

/** Returns the amount, or throws a RangeError when it is not a whole number within ±{@link maxAmountVnd}. */
export function vnd(value: number | bigint | string): Vnd {
  // Number() alone would read '' as 0, '0x10' as 16 and '1e3' as 1000.
  const amount = typeof value === 'string' && !/^-?\d+$/.test(value) ? Number.NaN : Number(value);
  if (!Number.isSafeInteger(amount) || Math.abs(amount) > maxAmountVnd) {
    throw new RangeError('an amount must be a whole number of VND');
  }
  return amount === 0 ? 0 : amount; // there is no minus zero đồng
}

/** `1.500.000 ₫`, as it is written in Vietnam. */
export function formatVnd(amountVnd: Vnd): string {
  return `${amountVnd < 0 ? '-' : ''}${String(Math.abs(amountVnd)).replaceAll(/\B(?=(\d{3})+$)/g, '.')} ₫`;
}

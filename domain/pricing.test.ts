import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addDays } from './calendar.ts';
import { feesOf, free, roundings, type Price } from './pricing.ts';
import { buildOffer, products, schedule, type Product } from './schedule.ts';

const anyPrice: fc.Arbitrary<Price> = fc.record({
  feeBasisPoints: fc.nat(500),
  monthlyBasisPoints: fc.nat(200),
  rounding: fc.constantFrom(...roundings),
  lateFee: fc.constant(null),
});
const anyOrder = fc.record({
  product: fc.constantFrom<Product>('pay-in-3', 'pay-in-30-days'),
  amountVnd: fc.integer({ min: 3, max: 20_000_000 }),
  startOn: fc.integer({ min: 0, max: 20_000 }).map((days) => addDays('2024-01-01', days)),
});
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

test('whatever it costs, the principal is the price of the order to the last đồng, and the fees are the fee to the last đồng', () => {
  fc.assert(
    fc.property(anyOrder, anyPrice, (order, price) => {
      const rows = schedule({ ...order, price });
      const count = products[order.product].instalmentCount;
      assert.equal(sum(rows.map((row) => row.principalVnd)), order.amountVnd);
      assert.equal(sum(rows.map((row) => row.feeVnd)), feesOf(price, order.amountVnd, count));
      assert.ok(rows.every(({ feeVnd }) => Number.isSafeInteger(feeVnd) && feeVnd >= 0));
      const fees = rows.map((row) => row.feeVnd);
      assert.ok(Math.max(...fees) - Math.min(...fees) < count, 'equal parts, of which the last absorbs the rest');
    }),
  );
});

test('fees are rounded once, by the rule that the price names', () => {
  const fee = (rounding: Price['rounding'], amountVnd: number) => feesOf({ ...free, monthlyBasisPoints: 50, rounding }, amountVnd, 3);
  assert.deepEqual([fee('down', 133), fee('halfUp', 133), fee('up', 133)], [1, 2, 2]); // 1.995
  assert.deepEqual([fee('down', 100), fee('halfUp', 100), fee('up', 100)], [1, 2, 2]); // 1.5
  assert.deepEqual([fee('down', 80), fee('halfUp', 80), fee('up', 80)], [1, 1, 2]); // 1.2
  assert.deepEqual([fee('down', 200), fee('halfUp', 200), fee('up', 200)], [3, 3, 3]);
});

test('three instalments at half a percent each cost 1.5 % of the order, and the APR says what that is in a year', () => {
  const price: Price = { ...free, monthlyBasisPoints: 50 };
  const order = {
    applicationId: 'app_1',
    limitVnd: 5_000_000,
    amountVnd: 3_600_000,
    startOn: '2026-01-15',
    validUntil: new Date(0),
    price,
  };
  const offer = buildOffer({ ...order, product: 'pay-in-3' });
  assert.deepEqual([offer.totalFeesVnd, offer.totalPayableVnd], [54_000, 3_654_000]);
  assert.deepEqual(
    offer.instalments.map((row) => row.feeVnd),
    [18_000, 18_000, 18_000],
  );
  assert.equal(offer.aprPercent, 9.5);
});

test('a product without fees costs nothing, and its APR is exactly 0', () => {
  fc.assert(
    fc.property(anyOrder, (order) => {
      const offer = buildOffer({ ...order, applicationId: 'app_1', limitVnd: 20_000_000, validUntil: new Date(0), price: free });
      assert.deepEqual([offer.totalFeesVnd, offer.totalPayableVnd, offer.aprPercent, offer.lateFee], [0, order.amountVnd, 0, null]);
    }),
  );
});

test('a higher price never lowers fees or APR', () => {
  fc.assert(
    fc.property(anyOrder, anyPrice, fc.nat(100), (order, price, more) => {
      const offer = (monthlyBasisPoints: number) =>
        buildOffer({
          ...order,
          applicationId: 'a',
          limitVnd: 20_000_000,
          validUntil: new Date(0),
          price: { ...price, monthlyBasisPoints },
        });
      fc.pre(order.amountVnd >= 1_000);
      const [low, high] = [offer(price.monthlyBasisPoints), offer(price.monthlyBasisPoints + more)];
      assert.ok(high.totalFeesVnd >= low.totalFeesVnd && high.aprPercent >= low.aprPercent);
    }),
  );
});

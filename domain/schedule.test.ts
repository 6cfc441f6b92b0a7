import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addDays, addMonths, ageOn, daysBetween, isDay, dayInVietnam } from './calendar.ts';
import { aprPercent, buildOffer, isProduct, offerContent, products, schedule, type Product } from './schedule.ts';

const anyProduct = fc.constantFrom<Product>('pay-in-3', 'pay-in-30-days');
const anyDay = fc.integer({ min: 0, max: 20_000 }).map((days) => addDays('2024-01-01', days));
const anyAmount = fc.integer({ min: 3, max: 20_000_000 });

const order = {
  applicationId: 'app_1',
  product: 'pay-in-3' as const,
  limitVnd: 5_000_000,
  amountVnd: 1_000_000,
  startOn: '2026-01-31',
  validUntil: new Date('2026-02-01T03:00:00Z'),
};

test('the customer owes exactly the price of the order, whatever the amount', () => {
  fc.assert(
    fc.property(anyAmount, anyProduct, anyDay, (amountVnd, product, startOn) => {
      const rows = schedule({ amountVnd, product, startOn });
      assert.equal(rows.length, products[product].instalmentCount);
      assert.equal(
        rows.reduce((sum, row) => sum + row.principalVnd, 0),
        amountVnd,
      );
      assert.ok(rows.every((row) => row.principalVnd > 0 && Number.isInteger(row.principalVnd) && row.feeVnd === 0));
    }),
  );
});

test('instalments are equal to within as many đồng as there are instalments, and the last one absorbs the rest', () => {
  fc.assert(
    fc.property(anyAmount, anyDay, (amountVnd, startOn) => {
      const [first, second, third] = schedule({ amountVnd, product: 'pay-in-3', startOn }).map((row) => row.principalVnd);
      assert.equal(first, second);
      assert.ok(Number(third) >= Number(first) && Number(third) - Number(first) < 3);
    }),
  );
});

test('due days rise strictly and never come before the purchase', () => {
  fc.assert(
    fc.property(anyProduct, anyDay, (product, startOn) => {
      const days = [startOn, ...schedule({ amountVnd: 900_000, product, startOn }).map((row) => row.dueOn)];
      for (const [index, day] of days.slice(1).entries()) assert.ok(daysBetween(String(days[index]), day) >= 28);
    }),
  );
});

test('a purchase on the 31st is due on the last day of shorter months and on the 31st again where there is one', () => {
  const due = schedule({ amountVnd: 10, product: 'pay-in-3', startOn: '2026-01-31' }).map((row) => row.dueOn);
  assert.deepEqual(due, ['2026-02-28', '2026-03-31', '2026-04-30']);
  assert.equal(addMonths('2024-01-31', 1), '2024-02-29');
  assert.equal(addMonths('2025-11-30', 3), '2026-02-28');
});

test('pay in 30 days is one payment after thirty days', () => {
  assert.deepEqual(schedule({ amountVnd: 500_000, product: 'pay-in-30-days', startOn: '2026-02-10' }), [
    { number: 1, dueOn: '2026-03-12', principalVnd: 500_000, feeVnd: 0 },
  ]);
});

test('an amount that cannot be divided into whole đồng, or a day that does not exist, is refused', () => {
  assert.throws(() => schedule({ amountVnd: 2, product: 'pay-in-3', startOn: '2026-01-01' }), RangeError);
  assert.throws(() => schedule({ amountVnd: 1.5, product: 'pay-in-3', startOn: '2026-01-01' }), RangeError);
  assert.throws(() => schedule({ amountVnd: 300, product: 'pay-in-3', startOn: '2026-02-30' }), RangeError);
  assert.equal(isProduct('pay-in-3'), true);
  assert.equal(isProduct('constructor'), false);
});

test('what costs nothing has an APR of exactly 0', () => {
  fc.assert(
    fc.property(anyAmount, anyProduct, anyDay, (amountVnd, product, startOn) => {
      const offer = buildOffer({ ...order, limitVnd: 20_000_000, amountVnd, product, startOn });
      assert.equal(offer.aprPercent, 0);
      assert.equal(offer.totalPayableVnd, amountVnd);
    }),
  );
});

test('the APR agrees with cases that can be worked out by hand', () => {
  const credit = (days: number, backVnd: number) =>
    aprPercent([
      { on: '2025-01-01', amountVnd: 1_000_000 },
      { on: addDays('2025-01-01', days), amountVnd: -backVnd },
    ]);
  assert.equal(credit(365, 1_100_000), 10);
  assert.equal(credit(730, 1_210_000), 10);
  assert.equal(credit(365, 1_000_400), 0);
  assert.equal(credit(365, 1_000_500), 0.1);
  assert.equal(credit(73, 1_100_000), 61.1); // 1.1 ** 5 - 1
  // Two payments of 550,000 after one and two years: v + v² = 1/0.55, so v = 0.93811… and the rate is 6.597 %.
  const years = [365, 730].map((days) => ({ on: addDays('2025-01-01', days), amountVnd: -550_000 }));
  assert.equal(aprPercent([{ on: '2025-01-01', amountVnd: 1_000_000 }, ...years]), 6.6);
});

test('the APR rises with the fee, and the flows discounted at it are worth nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 300_000 }), fc.integer({ min: 1_000, max: 100_000 }), (feeVnd, moreVnd) => {
      const flows = (totalFeeVnd: number) => [
        { on: '2026-01-01', amountVnd: 3_000_000 },
        ...[31, 59, 90].map((days, index) => ({
          on: addDays('2026-01-01', days),
          amountVnd: -(1_000_000 + (index === 2 ? totalFeeVnd : 0)),
        })),
      ];
      const apr = aprPercent(flows(feeVnd));
      assert.ok(aprPercent(flows(feeVnd + moreVnd)) >= apr);
      const worth = (percent: number) =>
        flows(feeVnd).reduce((sum, flow) => sum + flow.amountVnd / (1 + percent / 100) ** (daysBetween('2026-01-01', flow.on) / 365), 0);
      assert.ok(worth(apr - 0.0501) < 0 && worth(apr + 0.0501) > 0);
    }),
  );
});

test('flows that are no credit have no APR', () => {
  const start = { on: '2026-01-01', amountVnd: 100 };
  assert.throws(() => aprPercent([]), RangeError);
  assert.throws(() => aprPercent([{ on: '2026-01-01', amountVnd: -100 }]), RangeError);
  assert.throws(() => aprPercent([start, { on: '2026-02-01', amountVnd: -99 }]), RangeError);
  assert.throws(() => aprPercent([start, { on: '2026-01-01', amountVnd: -101 }]), RangeError);
  assert.throws(() => aprPercent([start, { on: '2026-01-02', amountVnd: -1_000_000 }]), RangeError);
});

test('the offer says what is paid in all, and any changed term changes the text that is hashed', () => {
  const offer = buildOffer(order);
  assert.deepEqual(
    offer.instalments.map((row) => row.principalVnd),
    [333_333, 333_333, 333_334],
  );
  const changed = [
    { ...order, amountVnd: 1_000_001 },
    { ...order, limitVnd: 6_000_000 },
    { ...order, product: 'pay-in-30-days' as const },
    { ...order, startOn: '2026-02-01' },
    { ...order, applicationId: 'app_2' },
    { ...order, validUntil: new Date('2026-02-02T03:00:00Z') },
  ];
  const texts = [order, ...changed].map((each) => offerContent(buildOffer(each)));
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(offerContent(buildOffer({ ...order })), texts[0]);
});

test('no offer is made for an order that the limit does not cover', () => {
  assert.throws(() => buildOffer({ ...order, limitVnd: 999_999 }), /limit must cover/);
});

test('a day is the day in Vietnam, and a birthday counts from its morning there', () => {
  assert.equal(dayInVietnam(new Date('2026-03-01T16:59:59Z')), '2026-03-01');
  assert.equal(dayInVietnam(new Date('2026-03-01T17:00:00Z')), '2026-03-02');
  assert.equal(ageOn('2008-03-02', '2026-03-01'), 17);
  assert.equal(ageOn('2008-03-02', '2026-03-02'), 18);
  assert.equal(ageOn('2008-02-29', '2026-02-28'), 17);
  assert.equal(ageOn('2008-02-29', '2026-03-01'), 18);
  assert.deepEqual(['2026-02-29', '2026-2-1', '0000-00-00', '2024-02-29'].map(isDay), [false, false, false, true]);
});

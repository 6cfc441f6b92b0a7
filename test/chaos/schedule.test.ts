// The schedule of a campaign is a pure function of its seed: what was found once can be looked for again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { faultNames, faultOf } from './faults.ts';
import { mutants } from './mutants.ts';
import { crew, schedule } from './schedule.ts';
import type { ScheduleOptions, Strike } from './schedule.ts';

const anHour: Omit<ScheduleOptions, 'seed'> = { durationMs: 3_600_000, heartbeatMs: 10_000, faults: faultNames, paceMs: 9_000 };
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test('the same seed strikes the same victims at the same moments, another seed others', () => {
  assert.deepEqual(schedule({ ...anHour, seed: 42 }), schedule({ ...anHour, seed: 42 }));
  assert.notDeepEqual(schedule({ ...anHour, seed: 42 }), schedule({ ...anHour, seed: 43 }));
});

test('every fault that was asked for is struck, and no other', () => {
  fc.assert(
    fc.property(seeds, fc.subarray(faultNames, { minLength: 1 }), (seed, faults) => {
      const struck = schedule({ ...anHour, seed, faults }).map(({ fault }) => fault);
      assert.deepEqual([...new Set(struck)].toSorted(), faults.toSorted());
    }),
  );
});

test('all is healed by the end, and nobody is struck while a strike on him lasts', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 20_000, max: 1_200_000 }), (seed, durationMs) => {
      const freeAt = new Map<string, number>();
      for (const strike of schedule({ ...anHour, seed, durationMs })) {
        assert.ok(strike.atMs + strike.durationMs <= durationMs);
        assert.ok(strike.atMs >= (freeAt.get(strike.victim) ?? 0));
        freeAt.set(strike.victim, strike.atMs + strike.durationMs);
      }
    }),
  );
});

test('every strike has a victim that the fault can hit, on a wire that this victim has', () => {
  const fits = ({ fault, victim, wire }: Strike): boolean => {
    const { strikes, wires } = faultOf(fault);
    const subject = strikes.find((one) => crew[one].includes(victim));
    if (wires === undefined) return subject !== undefined && wire === undefined;
    const has = { relay: ['postgres', 'amqp'], consumer: ['postgres', 'amqp', 'way4'], sender: ['postgres'] };
    return (
      wire !== undefined &&
      wires.includes(wire) &&
      subject !== undefined &&
      subject in has &&
      has[subject as keyof typeof has].includes(wire)
    );
  };
  fc.assert(
    fc.property(seeds, (seed) =>
      assert.deepEqual(
        schedule({ ...anHour, seed }).filter((strike) => !fits(strike)),
        [],
      ),
    ),
  );
});

test('twenty minutes hold more than a hundred strikes', () => {
  fc.assert(fc.property(seeds, (seed) => assert.ok(schedule({ ...anHour, seed, durationMs: 1_200_000 }).length >= 100)));
});

test('every mutant names faults that bring it to light within fifteen seconds', () => {
  for (const [name, { faults }] of Object.entries(mutants)) {
    const struck = schedule({ seed: 1, durationMs: 15_000, heartbeatMs: 2_000, faults, paceMs: 1_200 });
    assert.deepEqual([...new Set(struck.map(({ fault }) => fault))].toSorted(), [...faults].toSorted(), name);
  }
});

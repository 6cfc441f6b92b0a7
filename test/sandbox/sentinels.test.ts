// The sentinel table is the single source: what the documents promise is what the code does, and its national ids are well formed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluate } from '../../domain/decision/evaluate.ts';
import { featuresFrom } from '../../domain/decision/features.ts';
import type { KnownFacts } from '../../domain/decision/features.ts';
import { parseRuleset } from '../../domain/decision/ruleset.ts';
import { reportOf } from '../../sandbox/cic/report.ts';
import { sentinelDocument, withSentinelTable } from '../../sandbox/sentinel-table.ts';
import {
  bureauBehaviour,
  bureauSentinels,
  coreBehaviour,
  nationalIdFor,
  nationalIdsPerSentinel,
  smsCodeResult,
} from '../../sandbox/sentinels.ts';
import type { BureauBehaviour, BureauSentinel } from '../../sandbox/sentinels.ts';
import { facts, income, now, shippedRuleset } from '../support/facts.ts';

const sentinels = Object.keys(bureauSentinels) as BureauSentinel[]; // the keys of a constant object are its names

test('docs/sandbox.md shows the table of today', () => {
  const document = readFileSync(sentinelDocument, 'utf8');
  assert.equal(document, withSentinelTable(document), 'run: node_modules/.bin/node sandbox/sentinel-table.ts');
});

test('a built national id is well formed, agrees with birth date and sex, and selects its behaviour', () => {
  const person = fc.record({
    dateOfBirth: fc.integer({ min: 1900, max: 2199 }).map((year) => `${year}-06-15`),
    gender: fc.constantFrom('male' as const, 'female' as const),
    unique: fc.integer({ min: 0, max: nationalIdsPerSentinel - 1 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...sentinels), person, (sentinel, born) => {
      const id = nationalIdFor(sentinel, born);
      assert.match(id, /^0\d{11}$/);
      const century = 19 + Math.floor(Number(id[3]) / 2);
      assert.equal(`${century}${id.slice(4, 6)}`, born.dateOfBirth.slice(0, 4));
      assert.equal(Number(id[3]) % 2, born.gender === 'female' ? 1 : 0);
      assert.deepEqual(bureauBehaviour(id), bureauSentinels[sentinel].behaviour);
    }),
  );
});

test('the decision about every sentinel ends as the table says, for whatever report the sandbox makes of the number', () => {
  const ruleset = parseRuleset(shippedRuleset);
  for (const sentinel of sentinels) {
    const { behaviour, ends } = bureauSentinels[sentinel];
    for (let unique = 0; unique < 200; unique += 1) {
      const nationalId = nationalIdFor(sentinel, { dateOfBirth: '1995-05-05', gender: 'female', unique });
      const known = facts({ bureau: answered(nationalId, behaviour), orderAmountVnd: 2_400_000, ...income(18_000_000) });
      const { kind, reasons } = evaluate(ruleset, featuresFrom(known), now);
      assert.deepEqual({ kind, reasons }, ends, `${sentinel} ${nationalId}`);
    }
  }
});

/** What the sandbox answers about a person, as it is stored when the wait for it is over. */
function answered(nationalId: string, behaviour: BureauBehaviour): KnownFacts['bureau'] {
  const outcomes = { no_hit: 'NO_HIT', multiple_match: 'MULTIPLE_MATCH', error: 'ERROR', silent: 'UNAVAILABLE' } as const;
  if (behaviour.kind !== 'hit') return { outcome: outcomes[behaviour.kind], report: null, answeredAt: now };
  const { inquiries, ...report } = reportOf(nationalId, behaviour.report, now);
  const counts = { d30: inquiries['30d'], d90: inquiries['90d'], d180: inquiries['180d'] };
  return { outcome: 'HIT', report: { ...report, inquiries: counts }, answeredAt: now };
}

test('people of the same sentinel, birth year and sex have different numbers', () => {
  const born = { dateOfBirth: '1999-01-01', gender: 'male' } as const;
  const ids = Array.from({ length: nationalIdsPerSentinel }, (_, unique) => nationalIdFor('good', { ...born, unique }));
  assert.equal(new Set(ids).size, nationalIdsPerSentinel);
  assert.throws(() => nationalIdFor('good', { ...born, unique: nationalIdsPerSentinel }), RangeError);
  assert.throws(() => nationalIdFor('good', { ...born, dateOfBirth: '1899-01-01' }), RangeError);
});

test('whoever and whatever is no sentinel behaves well', () => {
  for (const id of ['079199123456', '079199123404', '079199990099', '079199980004']) {
    assert.deepEqual(bureauBehaviour(id), bureauSentinels.good.behaviour);
  }
  for (const amountVnd of [1, 2_000_000, 1_500_051, 20_000_000]) assert.equal(coreBehaviour(amountVnd), undefined);
  assert.equal(smsCodeResult('+84901234567'), '100');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idPrefix, isId, stepKey } from './ids.ts';

const suffix = fc.stringMatching(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/);

test('an id is known by its kind and by no other', () => {
  fc.assert(
    fc.property(suffix, (text) => {
      assert.ok(isId('application', `${idPrefix('application')}_${text}`));
      assert.ok(!isId('transaction', `${idPrefix('application')}_${text}`));
    }),
  );
});

test('what is not an id is refused: too short, too long, other letters, anything around it', () => {
  const good = 'app_01jd3x5zq8f9vatw4c7r2y6n0k';
  assert.ok(isId('application', good));
  for (const bad of [
    '',
    'app_',
    good.slice(0, -1),
    `${good}0`,
    `${good}\n`,
    ` ${good}`,
    good.toUpperCase(),
    good.replace('01', '81'),
    good.replace('z', 'u'),
  ]) {
    assert.ok(!isId('application', bad), JSON.stringify(bad));
  }
});

test('two pieces of work never share a key', () => {
  const word = fc.stringMatching(/^[A-Za-z]{1,12}$/);
  const work = fc.record({ applicationId: suffix.map((text) => `app_${text}`), step: word, round: fc.nat(50) });
  fc.assert(
    fc.property(work, work, (a, b) => {
      const same = a.applicationId === b.applicationId && a.step === b.step && a.round === b.round;
      assert.equal(stepKey(a.applicationId, a.step, a.round) === stepKey(b.applicationId, b.step, b.round), same);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeNationalId, readNationalId } from './national-id.ts';

test('a number is taken apart into province, sex and year of birth', () => {
  const read = (text: string) => readNationalId(text);
  assert.deepEqual(read('079199000123'), {
    kind: 'well_formed',
    province: '079',
    provinceIsKnown: true,
    sex: 'female',
    birthYear: 1999,
  });
  assert.deepEqual(read('001204000123'), { kind: 'well_formed', province: '001', provinceIsKnown: true, sex: 'male', birthYear: 2004 });
});

test('a number that contradicts the date of birth or the sex is told, with what it contradicts', () => {
  const person = { dateOfBirth: '1999-05-04', gender: 'female' } as const;
  assert.deepEqual(judgeNationalId('079199000123', person), { kind: 'agrees', warnings: [] });
  assert.deepEqual(judgeNationalId('079099000123', person), { kind: 'disagrees', fields: ['sex'] });
  assert.deepEqual(judgeNationalId('079398000123', person), { kind: 'disagrees', fields: ['birthYear'] });
  assert.deepEqual(judgeNationalId('079098000123', person), { kind: 'disagrees', fields: ['birthYear', 'sex'] });
});

test('a province that is not on the list is a warning and no refusal: births abroad carry a country code', () => {
  const verdict = judgeNationalId('112199000123', { dateOfBirth: '1999-05-04', gender: 'female' });
  assert.deepEqual(verdict, { kind: 'agrees', warnings: ['PROVINCE_UNKNOWN'] });
});

test('nothing but twelve plain digits is a number, the old CMND included', () => {
  for (const text of ['', '123456789', '07919900012', '0791990001234', '07919900012a', ' 079199000123', '٠٧٩١٩٩٠٠٠١٢٣', '079199000123\n']) {
    assert.equal(readNationalId(text).kind, 'malformed', JSON.stringify(text));
  }
});

test('every well-formed number agrees with exactly one sex and one year', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{12}$/), (text) => {
      const id = readNationalId(text);
      assert.ok(id.kind === 'well_formed' && id.birthYear >= 1900 && id.birthYear < 2400);
      const person = { dateOfBirth: `${id.birthYear}-06-15`, gender: id.sex };
      assert.equal(judgeNationalId(text, person).kind, 'agrees');
      assert.equal(judgeNationalId(text, { ...person, gender: id.sex === 'male' ? 'female' : 'male' }).kind, 'disagrees');
    }),
  );
});

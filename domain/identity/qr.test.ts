import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findCardCode } from './qr.ts';

const read = { nationalId: '079199000123', oldNumber: null, fullName: 'Nguyễn Thị Đào', dateOfBirth: '1999-01-31' };

test('the code of a card is read in every order of fields that is known, and the old CMND is only an old number', () => {
  const tail = '|Nữ|1 Tràng Tiền, Hà Nội|09032022';
  assert.deepEqual(findCardCode([`079199000123||Nguyễn Thị Đào|31011999${tail}`]), read);
  assert.deepEqual(findCardCode([`079199000123|123456789|Nguyễn Thị Đào|31011999${tail}`]), { ...read, oldNumber: '123456789' });
  assert.deepEqual(findCardCode([`079199000123|Nguyễn Thị Đào|31011999${tail}|123456789|`]), read);
  assert.deepEqual(findCardCode(['https://example.vn', ` 079199000123 ||Nguyễn Thị Đào|31011999`]), read);
});

test('what is no code of a card is none, the old CMND as a number included', () => {
  for (const text of [
    '',
    '||||',
    'https://example.vn',
    '123456789||Nguyễn Thị Đào|31011999',
    '079199000123||Nguyễn Thị Đào|31021999',
    '079199000123|||31011999',
  ]) {
    assert.equal(findCardCode([text]), undefined, text);
  }
  fc.assert(
    fc.property(fc.array(fc.string()), (fields) => {
      findCardCode([fields.join('|')]);
    }),
  );
});

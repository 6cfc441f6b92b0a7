import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReasonCode, reasons } from './reasons.ts';
import type { ReasonTexts } from './reasons.ts';

const all = Object.entries<ReasonTexts>(reasons);

test('every reason says something to the customer in both languages and to staff', () => {
  for (const [code, { customer, staff }] of all) {
    for (const text of [customer.vi, customer.en, staff])
      assert.match(text, /^\S.{8,}\.$/u, `${code}: a sentence that ends with a full stop`);
    assert.notEqual(customer.vi, customer.en, code);
  }
});

test('codes are upper case words, and nothing else is a code', () => {
  for (const [code] of all) {
    assert.match(code, /^[A-Z]+(_[A-Z]+)+$/);
    assert.ok(isReasonCode(code));
  }
  for (const other of ['', 'bad_debt', 'toString', '__proto__', 'constructor', 'UNKNOWN']) assert.ok(!isReasonCode(other), other);
});

test('a merchant learns nothing about the finances or the debts of a customer', () => {
  const financial = [
    'BAD_DEBT',
    'RECENT_BAD_DEBT',
    'SCORE_TOO_LOW',
    'INCOME_TOO_LOW',
    'TOO_MANY_INQUIRIES',
    'AFFORDABILITY_EXCEEDED',
    'AGE_ABOVE_MAXIMUM',
  ] as const;
  for (const code of financial) assert.equal(reasons[code].merchant, 'not_eligible', code);
});

test('a customer who can do better is told what to do', () => {
  for (const code of ['IDENTITY_NO_FACE', 'IDENTITY_POOR_PHOTO', 'IDENTITY_FACE_MISMATCH', 'IDENTITY_TEXT_UNREADABLE'] as const) {
    assert.match(reasons[code].customer.vi, /Vui lòng/);
    assert.match(reasons[code].customer.en, /Please/);
  }
});

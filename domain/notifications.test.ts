import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { notificationText } from './notifications.ts';
import type { NotificationTemplate } from './notifications.ts';
import { reasons } from './reasons.ts';

const template = fc.constantFrom<NotificationTemplate>(
  'contract_signed',
  'purchase_booked',
  'offer_ready',
  'application_ended',
  'asked_again',
  'deadline_near',
);
const language = fc.constantFrom('vi' as const, 'en' as const);
const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const reason = fc.oneof(fc.constantFrom(...Object.keys(reasons)), anyText);

test('every message fits one SMS: at most 160 characters that count once, whatever the shop is called and whatever the reason is', () => {
  fc.assert(
    fc.property(template, language, anyText, reason, anyText, (name, to, merchantName, code, contractNumber) => {
      const text = notificationText(
        name,
        { reason: code, contractNumber, deadlineAt: '2026-11-24T10:05:00Z' },
        { language: to, merchantName },
      );
      assert.ok(text.length <= 160);
      assert.match(text, /^Trasau[:,] [ -Z_a-z]*$/, 'basic characters of GSM 03.38 that are ASCII');
    }),
    { numRuns: 500 },
  );
});

test('a shop of an ordinary name leaves room for every reason, and no reason is cut', () => {
  for (const code of Object.keys(reasons)) {
    for (const to of ['vi', 'en'] as const) {
      const text = notificationText('application_ended', { reason: code }, { language: to, merchantName: 'Cửa hàng Ánh Dương' });
      assert.ok(text.length < 160 && !text.endsWith('...'), `${code} ${to}: ${text.length}`);
    }
  }
});

test('Vietnamese is written without its marks, as banks do', () => {
  const text = notificationText('purchase_booked', {}, { language: 'vi', merchantName: 'Đồ gỗ Ưu Ái ☕' });
  assert.equal(text, 'Trasau: Don hang tai Do go Uu Ai ? da duoc thanh toan. Cam on ban.');
});

test('an unknown reason, or a word of the language itself, leaves the sentence without one', () => {
  for (const code of ['', 'NO_SUCH_REASON', 'toString', '__proto__']) {
    const text = notificationText('application_ended', { reason: code }, { language: 'en', merchantName: 'Shop' });
    assert.equal(text, 'Trasau: Your application at Shop has ended.');
  }
});

test('a link is sent whole, to whom asked for one, and one that does not fit is not sent at all', () => {
  const url = `https://${'p'.repeat(52)}.vn/c#${'t'.repeat(32)}`;
  for (const language of ['vi', 'en'] as const) {
    const to = { language, merchantName: 'Shop' };
    const text = notificationText('checkout_link', { url }, to);
    assert.ok(text.includes(` ${url} `) && text.length <= 160);
    assert.throws(() => notificationText('checkout_link', { url: `${url}${'t'.repeat(60)}` }, to));
  }
});

test('a reminder says until when, as the clock in Vietnam shows it', () => {
  const text = notificationText('deadline_near', { deadlineAt: '2026-11-24T18:05:00.000Z' }, { language: 'en', merchantName: 'Shop' });
  assert.equal(text, 'Trasau: Your application at Shop expires at 01:05 25/11. Please complete it before.');
});

test('no other text of ours carries a link', () => {
  for (const code of Object.keys(reasons)) {
    for (const to of ['vi', 'en'] as const) {
      const text = notificationText('application_ended', { reason: code }, { language: to, merchantName: 'Shop' });
      assert.doesNotMatch(text, /https?:|www\.|\w\.\w/);
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DetectedFace } from '../ports.ts';
import { assessIdentity, identityPolicies, identityPolicy } from './checks.ts';
import type { IdentityEvidence, StatedIdentity } from './checks.ts';
import { formatMrz } from './mrz.ts';

const today = '2025-11-20';
const person: StatedIdentity = { fullName: 'Nguyễn Thị Đào', dateOfBirth: '1999-01-01', nationalId: '079199000123', gender: 'female' };
const face: DetectedFace = {
  box: { left: 0.3, top: 0.2, width: 0.4, height: 0.5 },
  confidence: 99.9,
  brightness: 70,
  sharpness: 80,
  yaw: 3,
  pitch: -4,
  roll: 1,
};
const line = (text: string) => ({ text, confidence: 99 });

function backOf(card: Partial<Parameters<typeof formatMrz>[0]> = {}): { text: string; confidence: number }[] {
  const { nationalId, dateOfBirth, fullName, gender } = person;
  return formatMrz({ nationalId, dateOfBirth, fullName, sex: gender, expiresOn: '2039-01-01', ...card }).map(line);
}

const goodEvidence: IdentityEvidence = {
  frontFaces: [face],
  selfieFaces: [face],
  similarity: 99,
  frontText: ['CAN CUOC CONG DAN', 'No.: 079199000123', 'NGUYEN THI DAO', 'Date of birth: 01/01/1999'].map(line),
  backText: backOf(),
  codes: [],
  doubles: { otherPhones: 0, reusedPhotos: 0 },
  liveness: null,
};

function assess(changed: Partial<IdentityEvidence> = {}, stated: Partial<StatedIdentity> = {}) {
  return assessIdentity({ ...goodEvidence, ...changed }, { ...person, ...stated }, identityPolicy, today);
}

test('where liveness is required, only a live face that is the one on the selfie passes, and what is missing goes to a person', () => {
  const live = (confidence: number, similarity: number | null = 99) =>
    assessIdentity({ ...goodEvidence, liveness: { confidence, similarity } }, person, identityPolicies.required, today);
  assertEnds(live(85), 'pass');
  assertEnds(live(84.9), 'inconclusive', 'IDENTITY_LIVENESS_UNCERTAIN');
  assertEnds(live(59.9), 'fail', 'IDENTITY_NOT_LIVE');
  assertEnds(live(99, 79.9), 'fail', 'IDENTITY_FACE_MISMATCH');
  assertEnds(live(99, 90), 'inconclusive', 'IDENTITY_FACE_UNCERTAIN');
  assertEnds(live(99, null), 'inconclusive', 'IDENTITY_EVIDENCE_MISSING');
  assertEnds(live(Number.NaN), 'inconclusive', 'IDENTITY_EVIDENCE_MISSING');
  assertEnds(assessIdentity(goodEvidence, person, identityPolicies.required, today), 'inconclusive', 'IDENTITY_EVIDENCE_MISSING');
  assertEnds(assess({ liveness: { confidence: 1, similarity: 1 } }), 'pass');
  assert.notEqual(identityPolicies.required.version, identityPolicies.off.version);
});

function assertEnds(assessment: ReturnType<typeof assess>, verdict: string, ...reasonCodes: string[]): void {
  assert.deepEqual({ verdict: assessment.verdict, reasonCodes: assessment.reasonCodes }, { verdict, reasonCodes });
}

test('a customer whose card, face and data agree is identified', () => {
  assertEnds(assess(), 'pass');
});

test('a selfie without a face, with two people or of poor quality is asked for again, each with its own reason', () => {
  const behind = { ...face, box: { left: 0, top: 0, width: 0.05, height: 0.05 } };
  assertEnds(assess({ selfieFaces: [] }), 'fail', 'IDENTITY_NO_FACE');
  assertEnds(assess({ selfieFaces: [{ ...face, confidence: 40 }] }), 'fail', 'IDENTITY_NO_FACE');
  assertEnds(assess({ selfieFaces: [face, face] }), 'fail', 'IDENTITY_MANY_FACES');
  assertEnds(assess({ selfieFaces: [face, behind] }), 'pass');
  for (const poor of [{ yaw: -60 }, { pitch: -40 }, { pitch: 50 }, { sharpness: 2 }, { brightness: 5 }, { brightness: 99 }]) {
    assertEnds(assess({ selfieFaces: [{ ...face, ...poor }] }), 'fail', 'IDENTITY_POOR_PHOTO');
  }
  assertEnds(assess({ frontFaces: [], similarity: 99 }), 'fail', 'IDENTITY_NO_FACE');
});

test('a face that is surely another fails, one in doubt goes to a person, at exactly the bands of the policy', () => {
  assertEnds(assess({ similarity: 95 }), 'pass');
  assertEnds(assess({ similarity: 94.99 }), 'inconclusive', 'IDENTITY_FACE_UNCERTAIN');
  assertEnds(assess({ similarity: 80 }), 'inconclusive', 'IDENTITY_FACE_UNCERTAIN');
  assertEnds(assess({ similarity: 79.99 }), 'fail', 'IDENTITY_FACE_MISMATCH');
});

test('a number, date or name that differs from the card is told to the customer as a difference', () => {
  assertEnds(assess({}, { nationalId: '079199000132' }), 'fail', 'IDENTITY_DATA_MISMATCH');
  const codes = [`${person.nationalId}||${person.fullName}|01011999`];
  assertEnds(assess({ codes }, { nationalId: '079199000132' }), 'fail', 'IDENTITY_DATA_MISMATCH');
  assertEnds(assess({}, { dateOfBirth: '1999-01-02' }), 'fail', 'IDENTITY_DATA_MISMATCH');
  assertEnds(assess({}, { fullName: 'Lê Văn Tám' }), 'fail', 'IDENTITY_DATA_MISMATCH');
  assertEnds(assess({}, { gender: 'male' }), 'fail', 'IDENTITY_DATA_MISMATCH');
});

test('the back of one card does not vouch for the front of another', () => {
  assertEnds(assess({ frontText: [line('079 195 778 201')] }), 'fail', 'IDENTITY_DATA_MISMATCH');
  assertEnds(assess({ frontText: [] }), 'fail', 'IDENTITY_TEXT_UNREADABLE');
  assertEnds(assess({ frontText: [line('079199000128')] }), 'fail', 'IDENTITY_TEXT_UNREADABLE');
});

test('a card that cannot be read is photographed again, and a name nearly right goes to a person', () => {
  assertEnds(assess({ backText: [] }), 'fail', 'IDENTITY_TEXT_UNREADABLE');
  const misreadName = assess({ backText: backOf({ fullName: 'NGUYEN THI OAO' }), frontText: [line('079199000123')] });
  assertEnds(misreadName, 'inconclusive', 'IDENTITY_TEXT_UNREADABLE');
  assertEnds(assess({ backText: backOf({ fullName: 'NGUYEN THI OAO' }) }), 'pass');
});

test('a card is valid up to its last day, and one without an expiry stays valid', () => {
  assertEnds(assess({ backText: backOf({ expiresOn: today }) }), 'pass');
  assertEnds(assess({ backText: backOf({ expiresOn: '2025-11-19' }) }), 'fail', 'IDENTITY_DOCUMENT_EXPIRED');
  assertEnds(assess({ backText: backOf({ expiresOn: null }) }), 'pass');
});

test('nobody passes before the day they turn 18', () => {
  const bornOn = (dateOfBirth: string) => {
    const young = { dateOfBirth, nationalId: '079307000123' };
    return assess({ frontText: [line('079307000123')], backText: backOf(young) }, young);
  };
  assertEnds(bornOn('2007-11-20'), 'pass');
  assertEnds(bornOn('2007-11-21'), 'fail', 'AGE_BELOW_MINIMUM');
});

test('an unknown province is recorded for staff and refuses nobody', () => {
  const nationalId = '112199000123';
  const assessment = assess({ frontText: [line(nationalId)], backText: backOf({ nationalId }) }, { nationalId });
  assertEnds(assessment, 'pass');
  assert.deepEqual(assessment.checks.find(({ kind }) => kind === 'national_id')?.scores, { provinceUnknown: 1 });
});

test('a zone whose check digits do not hold is told apart from one that was not found', () => {
  const [first = line(''), second = line(''), third = line('')] = backOf();
  const wrong = { ...second, text: second.text.replace(/^.{7}/, '9901019') };
  assertEnds(assess({ backText: [first, wrong, third] }), 'fail', 'IDENTITY_MRZ_DAMAGED');
  assertEnds(assess({ backText: [line('Nơi cấp')] }), 'fail', 'IDENTITY_TEXT_UNREADABLE');
});

test('the QR code of another person is told as such, and one that differs in a name or a date as a difference', () => {
  const code = (nationalId: string, name: string, birth: string) =>
    assess({ codes: [`${nationalId}||${name}|${birth}|Nữ|Hà Nội|09032022`] });
  assertEnds(code('001196990077', 'Trần Thị Bình', '01011996'), 'fail', 'IDENTITY_QR_MISMATCH');
  assertEnds(code(person.nationalId, 'NGUYEN THI DAO', '01011999'), 'pass');
  assertEnds(assess({ codes: [`${person.nationalId}|123456789|${person.fullName}|01011999`] }), 'pass');
  assertEnds(code(person.nationalId, 'Nguyễn Thị Lan', '01011999'), 'fail', 'IDENTITY_DATA_MISMATCH');
  assertEnds(code(person.nationalId, person.fullName, '02011999'), 'fail', 'IDENTITY_DATA_MISMATCH');
});

test('a QR code that nobody could read stands in the record and decides nothing', () => {
  for (const codes of [null, [], ['https://example.vn'], ['123456789||Nguyễn Thị Đào|01011999']]) {
    const assessment = assess({ codes });
    assertEnds(assessment, 'pass');
    const qr = assessment.checks.find(({ kind }) => kind === 'qr');
    assert.deepEqual([qr?.verdict, qr?.reasonCodes], ['inconclusive', []]);
  }
});

test('a person who is known with another phone, and a photo that was used for somebody else, go to a person', () => {
  for (const doubles of [
    { otherPhones: 1, reusedPhotos: 0 },
    { otherPhones: 0, reusedPhotos: 2 },
  ]) {
    const assessment = assess({ doubles });
    assertEnds(assessment, 'inconclusive', 'IDENTITY_DUPLICATE');
    assert.deepEqual(assessment.checks.at(-1)?.scores, doubles);
  }
});

test('missing evidence never passes and never fails, whatever is missing', () => {
  const parts = ['frontFaces', 'selfieFaces', 'similarity', 'frontText', 'backText', 'doubles'] as const;
  fc.assert(
    fc.property(fc.subarray([...parts], { minLength: 1 }), (missing) => {
      const assessment = assess(Object.fromEntries(missing.map((part) => [part, null])));
      assertEnds(assessment, 'inconclusive', 'IDENTITY_EVIDENCE_MISSING');
    }),
  );
});

test('a measurement that is no number never passes', () => {
  for (const wrong of [Number.NaN, Infinity, -1, 101]) assert.notEqual(assess({ similarity: wrong }).verdict, 'pass');
  for (const key of ['confidence', 'brightness', 'sharpness', 'yaw', 'pitch', 'roll'] as const) {
    assert.equal(assess({ selfieFaces: [{ ...face, [key]: Number.NaN }] }).verdict, 'inconclusive', key);
  }
});

test('a higher similarity never makes the verdict worse', () => {
  const rank = { fail: 0, inconclusive: 1, pass: 2 };
  const score = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(score, score, (a, b) => {
      const [lower, higher] = [assess({ similarity: Math.min(a, b) }), assess({ similarity: Math.max(a, b) })];
      assert.ok(rank[lower.verdict] <= rank[higher.verdict]);
    }),
  );
});

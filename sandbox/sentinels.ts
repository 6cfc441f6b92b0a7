// The input values that select a behaviour of the sandbox: one table for tests, documents and demo. A sentinel works through the front
// door, with no admin call, so a journey can be told by its input alone. Everything that is not in the table behaves well.

import type { CheckVerdict } from '../domain/identity/check.ts';
import { provinces } from '../domain/identity/national-id.ts';
import type { ReasonCode } from '../domain/reasons.ts';

/** How a report reaches the lender: signed callback (and poll), poll only, or at once in the answer to the inquiry. */
type Delivery = 'callback' | 'poll' | 'at_once';

/** What a generated report says; the rest is filled in the same way for everyone. */
export interface ReportSketch {
  score: number;
  currentDebtGroup: 1 | 2 | 3 | 4 | 5;
  worstGroup12m: 1 | 2 | 3 | 4 | 5;
  inquiries30d: number;
}

export type BureauBehaviour =
  | { kind: 'hit'; delivery: Delivery; report: ReportSketch }
  | { kind: 'no_hit' }
  | { kind: 'multiple_match' }
  | { kind: 'error'; code: string }
  /** Stays pending for ever, neither callback nor poll brings an end. */
  | { kind: 'silent' };

export type CoreBehaviour =
  | { kind: 'reject'; respCode: string }
  /** Books, but answers late: the client has given up by then. */
  | { kind: 'slow' }
  /** Books, then cuts the connection instead of answering. */
  | { kind: 'drop_after_commit' };

const clean: ReportSketch = { score: 690, currentDebtGroup: 1, worstGroup12m: 1, inquiries30d: 1 };

/** How the decision about an order of 2.4 million VND ends for somebody with an ordinary income. */
export interface Decided {
  kind: 'approved' | 'referred' | 'declined';
  /** The weightiest first. */
  reasons: readonly ReasonCode[];
}

const approved: Decided = { kind: 'approved', reasons: [] };
const referred = (...reasons: ReasonCode[]): Decided => ({ kind: 'referred', reasons });
const declined = (...reasons: ReasonCode[]): Decided => ({ kind: 'declined', reasons });

/** CIC, by national id: the last six digits are 99, two free ones, and this code. */
export const bureauSentinels = {
  good: { code: '01', text: 'a clean report with a high score', ends: approved, behaviour: hit(clean) },
  thinFile: {
    code: '02',
    text: 'NO_HIT: CIC knows nothing about the person; an order above 3 million goes to a person',
    ends: approved,
    behaviour: { kind: 'no_hit' },
  },
  multipleMatch: {
    code: '03',
    text: 'MULTIPLE_MATCH: several persons fit',
    ends: referred('REPORT_AMBIGUOUS'),
    behaviour: { kind: 'multiple_match' },
  },
  badDebt: {
    code: '04',
    text: 'bad debt today (group 4)',
    ends: declined('BAD_DEBT', 'RECENT_BAD_DEBT', 'SCORE_TOO_LOW'),
    behaviour: hit({ score: 320, currentDebtGroup: 4, worstGroup12m: 4, inquiries30d: 2 }),
  },
  recentBadDebt: {
    code: '05',
    text: 'bad debt within 12 months (group 3), none today',
    ends: declined('RECENT_BAD_DEBT'),
    behaviour: hit({ score: 560, currentDebtGroup: 1, worstGroup12m: 3, inquiries30d: 1 }),
  },
  lowScore: {
    code: '06',
    text: 'no bad debt but a very low score (250)',
    ends: declined('SCORE_TOO_LOW'),
    behaviour: hit({ ...clean, score: 250 }),
  },
  manyInquiries: {
    code: '07',
    text: '12 inquiries within 30 days',
    ends: declined('TOO_MANY_INQUIRIES'),
    behaviour: hit({ ...clean, score: 610, inquiries30d: 12 }),
  },
  silent: {
    code: '08',
    text: 'the inquiry is accepted and never answered',
    ends: referred('REPORT_UNAVAILABLE'),
    behaviour: { kind: 'silent' },
  },
  error: {
    code: '09',
    text: 'the inquiry ends in ERROR (code SOURCE_UNAVAILABLE)',
    ends: referred('REPORT_FAILED'),
    behaviour: { kind: 'error', code: 'SOURCE_UNAVAILABLE' },
  },
  pollOnly: { code: '10', text: 'as good, but no callback comes: only polling brings it', ends: approved, behaviour: hit(clean, 'poll') },
  atOnce: { code: '11', text: 'as good, in the very answer to the inquiry', ends: approved, behaviour: hit(clean, 'at_once') },
} as const satisfies Record<string, { code: string; text: string; ends: Decided; behaviour: BureauBehaviour }>;

/** Photos of a submission, as `renderScriptedPhotos` in sandbox/id-card/scripted-photos.ts draws them for a person. Each is what goes wrong
 *  with photos; the verdict is of one submission, and `fail` asks the customer again. */
export const photoSentinels = {
  holder: { text: 'the card and the face of the person who applies', verdict: 'pass', reasons: [] },
  other: { text: "somebody else's face", verdict: 'fail', reasons: ['IDENTITY_FACE_MISMATCH'] },
  uncertain: { text: 'a face between the bands (similarity 88)', verdict: 'inconclusive', reasons: ['IDENTITY_FACE_UNCERTAIN'] },
  nobody: { text: 'a selfie of nobody, or of a dog', verdict: 'fail', reasons: ['IDENTITY_NO_FACE'] },
  two: { text: 'a selfie of two people', verdict: 'fail', reasons: ['IDENTITY_MANY_FACES'] },
  blurred: { text: 'a blurred selfie', verdict: 'fail', reasons: ['IDENTITY_POOR_PHOTO'] },
  turned: { text: 'a face turned to the side (60°)', verdict: 'fail', reasons: ['IDENTITY_POOR_PHOTO'] },
  otherCard: { text: "somebody else's card, front and back", verdict: 'fail', reasons: ['IDENTITY_DATA_MISMATCH'] },
  otherBack: { text: "the back of somebody else's card", verdict: 'fail', reasons: ['IDENTITY_DATA_MISMATCH'] },
  expired: { text: 'a card that has expired', verdict: 'fail', reasons: ['IDENTITY_DOCUMENT_EXPIRED'] },
  damagedZone: { text: 'a zone on the back with a wrong check digit', verdict: 'fail', reasons: ['IDENTITY_MRZ_DAMAGED'] },
  blankBack: { text: 'a back without text', verdict: 'fail', reasons: ['IDENTITY_TEXT_UNREADABLE'] },
} as const satisfies Record<string, { text: string; verdict: CheckVerdict; reasons: readonly ReasonCode[] }>;

/** What the camera of a liveness session sees: `POST /camera/SESSION?scene=NAME` with a JPEG stands for the video that a customer's phone
 *  would stream to Amazon. A session whose camera never starts stays CREATED. `ends` is the verdict of the check, or the state of a session
 *  that says nothing; the customer then opens another one. */
export const livenessSentinels = {
  live: { text: 'a person who is there', status: 'SUCCEEDED', confidence: 97.4, ends: 'pass' },
  doubtful: { text: 'a person in bad light (confidence 72)', status: 'SUCCEEDED', confidence: 72, ends: 'inconclusive' },
  spoof: { text: 'a photo held to the camera (confidence 6)', status: 'SUCCEEDED', confidence: 6.2, ends: 'fail' },
  lost: { text: 'the face leaves the picture: FAILED', status: 'FAILED', confidence: null, ends: 'failed' },
  unfinished: { text: 'the camera is still running: IN_PROGRESS', status: 'IN_PROGRESS', confidence: null, ends: 'open' },
  late: { text: 'three minutes pass: EXPIRED', status: 'EXPIRED', confidence: null, ends: 'expired' },
} as const satisfies Record<
  string,
  {
    text: string;
    status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'EXPIRED';
    confidence: number | null;
    ends: CheckVerdict | 'failed' | 'open' | 'expired';
  }
>;

export type LivenessSentinel = keyof typeof livenessSentinels;

export type PhotoSentinel = keyof typeof photoSentinels;

export type BureauSentinel = keyof typeof bureauSentinels;

/** WAY4, by the exact amount of a purchase. */
export const coreSentinels = {
  limitExceeded: {
    amountVnd: 2_000_051,
    text: 'rejected with 51, as if the limit were spent',
    behaviour: { kind: 'reject', respCode: '51' },
  },
  doNotHonour: { amountVnd: 2_000_005, text: 'rejected with 5 (do not honour)', behaviour: { kind: 'reject', respCode: '5' } },
  slow: { amountVnd: 2_000_008, text: 'booked, but answered after the client gave up', behaviour: { kind: 'slow' } },
  lostAnswer: {
    amountVnd: 2_000_009,
    text: 'booked, then the connection is cut without an answer',
    behaviour: { kind: 'drop_after_commit' },
  },
} as const satisfies Record<string, { amountVnd: number; text: string; behaviour: CoreBehaviour }>;

/** The SMS gateway, by phone. */
export const phoneSentinels = {
  templateRefused: { phone: '+84900000146', text: 'rejected with 146 (template not registered)', codeResult: '146' },
  invalidNumber: { phone: '+84900000099', text: 'rejected with 99 (invalid request)', codeResult: '99' },
} as const satisfies Record<string, { phone: string; text: string; codeResult: string }>;

/** What CIC does for this person; a clean report for everyone who is no sentinel. */
export function bureauBehaviour(nationalId: string): BureauBehaviour {
  const code = /^\d{6}99\d\d(\d\d)$/.exec(nationalId)?.[1];
  const found = Object.values(bureauSentinels).find((sentinel) => sentinel.code === code);
  return found?.behaviour ?? bureauSentinels.good.behaviour;
}

/** What WAY4 does with a purchase of this amount; undefined for an ordinary one. */
export function coreBehaviour(amountVnd: number): CoreBehaviour | undefined {
  return Object.values(coreSentinels).find((sentinel) => sentinel.amountVnd === amountVnd)?.behaviour;
}

/** What the SMS gateway answers for this phone (E.164); 100 is success. */
export function smsCodeResult(phone: string): string {
  return Object.values(phoneSentinels).find((sentinel) => sentinel.phone === phone)?.codeResult ?? '100';
}

/** How many different numbers {@link nationalIdFor} knows for one sentinel, birth year and gender. */
export const nationalIdsPerSentinel = provinces.length * 100;

/** A well-formed 12-digit căn cước number that selects this behaviour: province, century and sex digit, birth year, and the sentinel.
 *  `unique` (0 up to {@link nationalIdsPerSentinel} − 1) tells people of the same birth year and gender apart. Nobody real is meant. */
export function nationalIdFor(
  sentinel: BureauSentinel,
  person: { dateOfBirth: string; gender: 'male' | 'female'; unique?: number },
): string {
  const unique = person.unique ?? 0;
  const province = provinces[Math.floor(unique / 100)];
  const year = Number(person.dateOfBirth.slice(0, 4));
  if (!(year >= 1900 && year < 2400) || province === undefined) throw new RangeError('no national id for this birth date and number');
  const centuryAndSex = Math.floor((year - 1900) / 100) * 2 + (person.gender === 'female' ? 1 : 0);
  return `${province}${centuryAndSex}${String(year % 100).padStart(2, '0')}99${String(unique % 100).padStart(2, '0')}${bureauSentinels[sentinel].code}`;
}

function hit(report: ReportSketch, delivery: Delivery = 'callback'): BureauBehaviour {
  return { kind: 'hit', delivery, report };
}

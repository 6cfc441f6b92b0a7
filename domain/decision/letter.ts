// The letter that tells a customer what was decided and why. It is written from the record alone: whoever reads it years later reads what
// was known and worded on the day of the decision, not what the rules say today.

import { dayInVietnam } from '../calendar.ts';
import { formatVnd, type Vnd } from '../money.ts';
import type { Language, ReasonCode } from '../reasons.ts';
import type { Cost } from '../schedule.ts';
import type { Verdict } from './types.ts';

/** What of a record a letter tells. */
export interface Told {
  id: string;
  applicationId: string;
  decidedAt: Date;
  outcome: Verdict['kind'];
  limitVnd: Vnd | null;
  reasons: readonly ReasonCode[];
  explanation: Record<Language, readonly string[]>;
  ruleset: { id: string; version: string };
  /** What the order costs; null where the record knows none. */
  cost: Cost | null;
}

/** The letter in one language, as plain text. Pure. Who the customer is stands on the envelope, not in a record. */
export function letter(told: Told, language: Language): string {
  const say = words[language];
  const reasons = told.explanation[language].map((sentence, index) => `  ${index + 1}. ${sentence}`);
  const why = reasons.length > 0 ? ['', say.reasons, ...reasons] : [];
  const bureau = told.reasons.some((code) => fromBureau.has(code)) ? ['', say.bureau] : [];
  return [
    say.title,
    `${say.date}: ${readable(dayInVietnam(told.decidedAt))}`,
    `${say.application}: ${told.applicationId}`,
    `${say.decision}: ${told.id}`,
    '',
    say[told.outcome](told.limitVnd === null ? '' : formatVnd(told.limitVnd)),
    ...(told.cost ? ['', say.cost(formatVnd(told.cost.totalFeesVnd), formatVnd(told.cost.totalPayableVnd), told.cost.aprPercent)] : []),
    ...why,
    ...bureau,
    '',
    say.rights(`${told.ruleset.id} ${told.ruleset.version}`),
    '',
  ].join('\n');
}

/** What CIC reported: the customer may see it there and have it corrected. */
const fromBureau = new Set<ReasonCode>([
  'BAD_DEBT',
  'RECENT_BAD_DEBT',
  'SCORE_TOO_LOW',
  'TOO_MANY_INQUIRIES',
  'AFFORDABILITY_EXCEEDED',
  'BUREAU_SCORE_WEAK',
  'OVERDUE_RECENTLY',
  'INQUIRIES_FREQUENT',
  'DEBT_HIGH',
]);

const readable = (day: string): string => day.split('-').toReversed().join('/');

const words = {
  vi: {
    title: 'Thông báo kết quả xét duyệt hồ sơ trả sau',
    date: 'Ngày',
    application: 'Hồ sơ',
    decision: 'Quyết định',
    approved: (limit: string) => `Hồ sơ của bạn được chấp thuận với hạn mức ${limit}.`,
    referred: () => 'Hồ sơ của bạn đang được nhân viên xem xét; chúng tôi sẽ báo kết quả cho bạn.',
    declined: () => 'Rất tiếc, chúng tôi chưa thể chấp thuận hồ sơ của bạn.',
    cost: (fees: string, payable: string, apr: number) =>
      `Phí của đơn hàng này: ${fees}; tổng số tiền phải trả: ${payable}; tỷ lệ chi phí bình quân năm (APR): ${apr.toFixed(1).replace('.', ',')} %.`,
    reasons: 'Các lý do chính:',
    bureau:
      'Một phần thông tin đến từ Trung tâm Thông tin Tín dụng Quốc gia Việt Nam (CIC). Bạn có quyền xem báo cáo tín dụng của mình tại CIC và yêu cầu sửa nếu có sai sót.',
    rights: (ruleset: string) =>
      `Quyết định này do hệ thống tự động đưa ra theo bộ quy tắc ${ruleset}. Bạn có quyền yêu cầu nhân viên xem xét lại, trình bày ý kiến và được giải thích; hãy gửi kèm mã hồ sơ ở trên.`,
  },
  en: {
    title: 'About your application to pay later',
    date: 'Date',
    application: 'Application',
    decision: 'Decision',
    approved: (limit: string) => `Your application is approved with a limit of ${limit}.`,
    referred: () => 'A member of our staff is looking at your application; we will tell you the result.',
    declined: () => 'We are sorry: we cannot approve your application.',
    cost: (fees: string, payable: string, apr: number) =>
      `Fees of this order: ${fees}; total to be paid: ${payable}; annual percentage rate (APR): ${apr.toFixed(1)} %.`,
    reasons: 'The main reasons:',
    bureau:
      'Some of this comes from the National Credit Information Centre of Vietnam (CIC). You may see your report there and have it corrected if it is wrong.',
    rights: (ruleset: string) =>
      `This decision was made automatically by the ruleset ${ruleset}. You may ask for a person to review it, give your view, and have it explained; please name the application above.`,
  },
};

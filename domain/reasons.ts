// Why something ended or was asked again: closed lists of reason codes, each with a text for the customer in both languages and one
// for staff. Merchants get a coarser reason, so that nothing about a person's finances leaks to a shop.

import { identityReasons } from './identity/reasons.ts';

export type Language = 'vi' | 'en';

export interface ReasonTexts {
  /** What the customer reads; says what they can do. */
  customer: Record<Language, string>;
  /** What a support agent reads. */
  staff: string;
  /** What the merchant is told. */
  merchant: MerchantReason;
}

export type MerchantReason =
  | 'not_eligible'
  | 'identity_not_verified'
  | 'offer_rejected_by_customer'
  | 'signature_expired'
  | 'customer_inactive'
  | 'canceled'
  | 'risk_policy'
  | 'provider_unavailable';

const notEligible = {
  vi: 'Rất tiếc, chúng tôi chưa thể cấp hạn mức cho bạn vào lúc này.',
  en: 'We are sorry: we cannot offer you a limit at this time.',
};

export const reasons = {
  AGE_BELOW_MINIMUM: {
    customer: { vi: 'Bạn cần đủ 18 tuổi để sử dụng dịch vụ.', en: 'You must be at least 18 years old.' },
    staff: 'The customer is younger than the policy allows.',
    merchant: 'not_eligible',
  },
  AGE_ABOVE_MAXIMUM: { customer: notEligible, staff: 'The customer is older than the policy allows.', merchant: 'not_eligible' },
  INCOME_TOO_LOW: {
    customer: { vi: 'Thu nhập của bạn chưa đạt mức tối thiểu.', en: 'Your income is below the minimum for this product.' },
    staff: 'Stated monthly income is below the minimum of the ruleset.',
    merchant: 'not_eligible',
  },
  BAD_DEBT: {
    customer: { vi: 'Báo cáo tín dụng (CIC) ghi nhận nợ xấu.', en: 'The credit bureau (CIC) reports bad debt.' },
    staff: 'Current debt group 3 to 5 at CIC.',
    merchant: 'not_eligible',
  },
  RECENT_BAD_DEBT: {
    customer: {
      vi: 'Báo cáo tín dụng (CIC) ghi nhận nợ xấu trong 12 tháng qua.',
      en: 'The credit bureau (CIC) reports bad debt in the last 12 months.',
    },
    staff: 'Worst debt group within 12 months is 3 to 5.',
    merchant: 'not_eligible',
  },
  SCORE_TOO_LOW: {
    customer: { vi: 'Lịch sử tín dụng (CIC) chưa đáp ứng điều kiện.', en: 'Your credit history (CIC) does not meet the conditions.' },
    staff: 'Bureau score below the cut-off of the ruleset.',
    merchant: 'not_eligible',
  },
  TOO_MANY_INQUIRIES: {
    customer: {
      vi: 'Có quá nhiều lượt tra cứu tín dụng gần đây.',
      en: 'There have been too many recent credit inquiries about you.',
    },
    staff: 'Bureau inquiries within 30 days above the cut-off.',
    merchant: 'not_eligible',
  },
  LIMIT_BELOW_ORDER: {
    customer: { vi: 'Hạn mức của bạn thấp hơn giá trị đơn hàng.', en: 'Your limit is lower than the amount of this order.' },
    staff: 'The derived limit does not cover the order.',
    merchant: 'not_eligible',
  },
  AFFORDABILITY_EXCEEDED: {
    customer: {
      vi: 'Khoản trả hằng tháng vượt khả năng chi trả theo thu nhập và dư nợ hiện tại của bạn.',
      en: 'The monthly payment would be more than your income and current debts allow.',
    },
    staff: 'The instalments of this order and of existing debt exceed the share of income that the ruleset allows.',
    merchant: 'not_eligible',
  },
  SCORE_BORDERLINE: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'The score lies in the band in which a person decides.',
    merchant: 'risk_policy',
  },
  THIN_FILE: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'CIC knows nothing about this person (NO_HIT).',
    merchant: 'risk_policy',
  },
  REPORT_AMBIGUOUS: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'CIC found several people for this inquiry (MULTIPLE_MATCH).',
    merchant: 'risk_policy',
  },
  REPORT_TOO_OLD: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'The credit report is older than the ruleset allows and was not used; a new application asks CIC again.',
    merchant: 'risk_policy',
  },
  REPORT_FAILED: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'CIC ended the inquiry in ERROR; its code is on the credit report.',
    merchant: 'provider_unavailable',
  },
  REPORT_UNAVAILABLE: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'CIC did not answer in time.',
    merchant: 'provider_unavailable',
  },
  TOO_MANY_APPLICATIONS: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'Unusually many applications of this person with this phone or on this device.',
    merchant: 'risk_policy',
  },
  PHONE_SHARED: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'Several other persons applied with this phone within 30 days.',
    merchant: 'risk_policy',
  },
  DEVICE_SHARED: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'Several other persons applied on this device within 30 days.',
    merchant: 'risk_policy',
  },
  EXPOSURE_EXCEEDED: {
    customer: {
      vi: 'Tổng hạn mức của bạn tại Trasau đã gần đạt mức tối đa.',
      en: 'Your limits with us together come close to the most we may give to one person.',
    },
    staff: 'The limits that the person holds or has on offer leave too little room under the cap of the ruleset.',
    merchant: 'not_eligible',
  },
  BUREAU_SCORE_WEAK: {
    customer: { vi: 'Điểm tín dụng (CIC) của bạn chưa cao.', en: 'Your credit score at the credit bureau (CIC) is not high.' },
    staff: 'The bureau score brought fewer points than it could.',
    merchant: 'risk_policy',
  },
  OVERDUE_RECENTLY: {
    customer: {
      vi: 'Báo cáo tín dụng (CIC) ghi nhận khoản trả chậm trong 12 tháng qua.',
      en: 'The credit bureau (CIC) reports late payments in the last 12 months.',
    },
    staff: 'The worst debt group within 12 months cost points.',
    merchant: 'risk_policy',
  },
  INQUIRIES_FREQUENT: {
    customer: {
      vi: 'Có nhiều lượt tra cứu tín dụng về bạn trong 30 ngày qua.',
      en: 'There were many credit inquiries about you in the last 30 days.',
    },
    staff: 'The inquiries within 30 days cost points.',
    merchant: 'risk_policy',
  },
  DEBT_HIGH: {
    customer: { vi: 'Tổng dư nợ của bạn cao so với thu nhập.', en: 'Your debts are high compared with your income.' },
    staff: 'All debt compared with a year of stated income cost points.',
    merchant: 'risk_policy',
  },
  INCOME_MODEST: {
    customer: { vi: 'Thu nhập của bạn giới hạn hạn mức có thể cấp.', en: 'Your income bounds the limit that we can give.' },
    staff: 'Stated income brought fewer points than it could.',
    merchant: 'risk_policy',
  },
  MISSING_INPUT: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'A feature that the ruleset needs is missing or of the wrong type.',
    merchant: 'risk_policy',
  },
  BASIC_INFO_UNCLEAR: {
    customer: {
      vi: 'Một số thông tin bạn đã nhập chưa rõ. Vui lòng kiểm tra và gửi lại.',
      en: 'Some of what you typed is not clear. Please check it and send it again.',
    },
    staff: 'Staff asked the customer to state their data again.',
    merchant: 'risk_policy',
  },
  ...identityReasons,
  DECLINED_BY_REVIEWER: { customer: notEligible, staff: 'A reviewer declined the application.', merchant: 'risk_policy' },
  REVIEW_EXPIRED: {
    customer: { vi: 'Hồ sơ đã hết hạn xem xét.', en: 'The application could not be reviewed in time.' },
    staff: 'Nobody answered the review task before its deadline.',
    merchant: 'risk_policy',
  },
  CUSTOMER_INACTIVE: {
    customer: { vi: 'Hồ sơ đã hết hạn.', en: 'The application has expired.' },
    staff: 'The customer did not continue before the deadline of the step.',
    merchant: 'customer_inactive',
  },
  OFFER_EXPIRED: {
    customer: { vi: 'Đề nghị đã hết hạn.', en: 'The offer has expired.' },
    staff: 'The customer did not accept the offer in time.',
    merchant: 'customer_inactive',
  },
  SIGNATURE_EXPIRED: {
    customer: { vi: 'Hợp đồng chưa được ký đúng hạn.', en: 'The contract was not signed in time.' },
    staff: 'The customer did not sign in time.',
    merchant: 'signature_expired',
  },
  APPROVAL_EXPIRED: {
    customer: { vi: 'Giao dịch chưa được xác nhận đúng hạn.', en: 'The purchase was not approved in time.' },
    staff: 'The customer did not approve the purchase with the OTP in time.',
    merchant: 'customer_inactive',
  },
  OTP_ATTEMPTS_SPENT: {
    customer: { vi: 'Bạn đã nhập sai mã OTP quá số lần cho phép.', en: 'The code was entered wrongly too often.' },
    staff: 'All OTP challenges of this purchase are spent.',
    merchant: 'customer_inactive',
  },
  CANCELED_BY_CUSTOMER: {
    customer: { vi: 'Bạn đã hủy hồ sơ.', en: 'You canceled the application.' },
    staff: 'Canceled by the customer.',
    merchant: 'canceled',
  },
  CANCELED_BY_MERCHANT: {
    customer: { vi: 'Cửa hàng đã hủy hồ sơ.', en: 'The shop canceled the application.' },
    staff: 'Canceled by the merchant.',
    merchant: 'canceled',
  },
  CANCELED_BY_STAFF: {
    customer: { vi: 'Hồ sơ đã bị hủy. Vui lòng liên hệ hỗ trợ.', en: 'The application was canceled. Please contact support.' },
    staff: 'Canceled by staff; the reason is in the audit log.',
    merchant: 'canceled',
  },
  PURCHASE_REJECTED: {
    customer: { vi: 'Ngân hàng từ chối giao dịch.', en: 'The bank rejected the purchase.' },
    staff: 'The card core rejected the transaction; its response code is on the transaction.',
    merchant: 'risk_policy',
  },
} as const satisfies Record<string, ReasonTexts>;

export type ReasonCode = keyof typeof reasons;

/** True for a code of the closed list. */
export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(reasons, code);
}

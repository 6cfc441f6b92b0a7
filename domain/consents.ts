// What customers agree to, word for word. A text that was shown is never edited: another wording is another version, and a consent
// names the version and the digest of the text that the customer read. Decree 356/2025 asks for consent per purpose, freely given
// and provable; CIC asks for it before every inquiry; photos of a card and a face are sensitive data.

import type { Language } from './reasons.ts';

export interface ConsentText {
  /** Names the wording; part of the proof. */
  version: string;
  title: Record<Language, string>;
  text: Record<Language, string>;
}

/** Every purpose that needs a consent of its own, with the wording that is shown today. */
export const consentTexts = {
  data_processing: {
    version: '2026-11-01',
    title: { vi: 'Xử lý dữ liệu cá nhân', en: 'Processing of personal data' },
    text: {
      vi: 'Tôi đồng ý để Trasau xử lý dữ liệu cá nhân mà tôi cung cấp nhằm xét duyệt hồ sơ trả sau, lập và thực hiện hợp đồng. Tôi có quyền rút lại sự đồng ý, yêu cầu xem, sửa hoặc xóa dữ liệu theo quy định pháp luật.',
      en: 'I agree that Trasau processes the personal data I provide in order to assess my application to pay later and to conclude and perform the contract. I may withdraw this consent and ask to see, correct or delete my data as the law provides.',
    },
  },
  credit_bureau: {
    version: '2026-11-01',
    title: { vi: 'Tra cứu thông tin tín dụng', en: 'Credit bureau inquiry' },
    text: {
      vi: 'Tôi đồng ý để Trasau tra cứu thông tin tín dụng của tôi tại Trung tâm Thông tin Tín dụng Quốc gia Việt Nam (CIC) cho hồ sơ này.',
      en: 'I agree that Trasau asks the National Credit Information Centre of Vietnam (CIC) for my credit information for this application.',
    },
  },
  biometric: {
    version: '2026-11-01',
    title: { vi: 'Dữ liệu sinh trắc học', en: 'Biometric data' },
    text: {
      vi: 'Tôi đồng ý để Trasau so sánh ảnh chân dung của tôi với ảnh trên căn cước bằng công nghệ nhận diện khuôn mặt, chỉ nhằm xác minh danh tính của tôi cho hồ sơ này.',
      en: 'I agree that Trasau compares my selfie with the photo on my ID card by face recognition, only in order to verify my identity for this application.',
    },
  },
  contract: {
    version: '2026-11-01',
    title: { vi: 'Ký hợp đồng điện tử', en: 'Signing the contract electronically' },
    text: {
      vi: 'Tôi đã đọc toàn bộ hợp đồng, đồng ý với các điều khoản và ký hợp đồng này bằng phương tiện điện tử. Bản tiếng Việt là bản có giá trị ràng buộc.',
      en: 'I have read the whole contract, agree to its terms and sign it by electronic means. The Vietnamese version is binding.',
    },
  },
} as const satisfies Record<string, ConsentText>;

export type ConsentKind = keyof typeof consentTexts;

/** The consents without which no data of a customer is processed, in the order in which they are shown. */
export const basicConsents = ['data_processing', 'credit_bureau', 'biometric'] as const satisfies readonly ConsentKind[];

// Why an identity is not verified, in the words of the customer and of staff. Part of the closed list in domain/reasons.ts.

import type { ReasonTexts } from '../reasons.ts';

export const identityReasons = {
  IDENTITY_NO_FACE: {
    customer: {
      vi: 'Không tìm thấy khuôn mặt trong ảnh. Vui lòng chụp lại ở nơi đủ sáng.',
      en: 'We could not find a face in the photo. Please take it again in good light.',
    },
    staff: 'DetectFaces found no face.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_MANY_FACES: {
    customer: { vi: 'Ảnh chân dung chỉ được có một người.', en: 'Only one person may be in the selfie.' },
    staff: 'DetectFaces found more than one face in the selfie.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_POOR_PHOTO: {
    customer: {
      vi: 'Ảnh quá mờ hoặc quá tối. Vui lòng chụp lại.',
      en: 'The photo is too blurred or too dark. Please take it again.',
    },
    staff: 'Quality or pose below the policy.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_FACE_MISMATCH: {
    customer: {
      vi: 'Khuôn mặt không khớp với ảnh trên căn cước. Vui lòng thử lại.',
      en: 'The face does not match the photo on the ID card. Please try again.',
    },
    staff: 'CompareFaces is below the fail band.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_NOT_LIVE: {
    customer: {
      vi: 'Không xác nhận được bạn đang ở trước máy quay. Vui lòng quay lại trực tiếp khuôn mặt của bạn.',
      en: 'We could not confirm that you were in front of the camera. Please record your own face again.',
    },
    staff: 'The liveness session is below the fail band: a photo, a screen or a mask may have been shown.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_LIVENESS_UNCERTAIN: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'The liveness session is between the bands.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_FACE_UNCERTAIN: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'CompareFaces is between the fail and the pass band.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_TEXT_UNREADABLE: {
    customer: {
      vi: 'Không đọc được thông tin trên căn cước. Vui lòng chụp rõ cả thẻ.',
      en: 'We could not read the ID card. Please photograph the whole card clearly.',
    },
    staff: 'The machine-readable zone or the printed number was not found on the photos.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_DATA_MISMATCH: {
    customer: {
      vi: 'Thông tin trên căn cước khác với thông tin bạn đã nhập.',
      en: 'The ID card says something else than you typed.',
    },
    staff: 'The number, date of birth or name read from the card differs from the typed data.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_DOCUMENT_EXPIRED: {
    customer: { vi: 'Căn cước của bạn đã hết hạn.', en: 'Your ID card has expired.' },
    staff: 'The date of expiry on the card has passed.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_EVIDENCE_MISSING: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'A check has no evidence to judge: the provider gave no usable answer.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_ATTEMPTS_SPENT: {
    customer: { vi: 'Chúng tôi không thể xác minh danh tính của bạn.', en: 'We could not verify your identity.' },
    staff: 'The customer used all attempts to submit documents.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_MRZ_DAMAGED: {
    customer: {
      vi: 'Không đọc rõ ba dòng ký tự ở mặt sau căn cước. Vui lòng chụp lại, không bị lóa.',
      en: 'The three lines on the back of the card are not legible. Please take it again without glare.',
    },
    staff: 'The machine-readable zone was found, but its check digits do not hold: misread, or not a genuine card.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_QR_MISMATCH: {
    customer: {
      vi: 'Mã QR trên căn cước là của người khác. Vui lòng chụp căn cước của bạn.',
      en: 'The QR code on the card belongs to somebody else. Please photograph your own card.',
    },
    staff: 'The number in the QR code of the card is not the number that was typed.',
    merchant: 'identity_not_verified',
  },
  IDENTITY_DUPLICATE: {
    customer: { vi: 'Hồ sơ của bạn cần được xem xét thêm.', en: 'Your application needs a closer look.' },
    staff: 'The same person is known with another phone number, or a photo was used for somebody else before; the counts are in the check.',
    merchant: 'identity_not_verified',
  },
} as const satisfies Record<string, ReasonTexts>;

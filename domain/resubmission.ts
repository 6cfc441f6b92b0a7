// Why staff may ask a customer again, by what is asked for. The customer reads the text of the reason.

import type { Resubmission } from './application.ts';
import type { ReasonCode } from './reasons.ts';

export const resubmissionReasons = {
  basicInfo: ['BASIC_INFO_UNCLEAR', 'IDENTITY_DATA_MISMATCH'],
  identity: [
    'IDENTITY_POOR_PHOTO',
    'IDENTITY_NO_FACE',
    'IDENTITY_MANY_FACES',
    'IDENTITY_TEXT_UNREADABLE',
    'IDENTITY_FACE_MISMATCH',
    'IDENTITY_DOCUMENT_EXPIRED',
  ],
} as const satisfies Record<Resubmission['step'], readonly ReasonCode[]>;

// What engineers can search runs by. Search attributes are never encrypted, so they hold a status, an id and a constant code.

import { defineSearchAttributeKey } from '@temporalio/common';

export const searchAttributes = {
  status: defineSearchAttributeKey('ApplicationStatus', 'KEYWORD'),
  merchantId: defineSearchAttributeKey('MerchantId', 'KEYWORD'),
  /** `<activity>:<FAILURE_TYPE>` while a step waits for staff. */
  attention: defineSearchAttributeKey('Attention', 'KEYWORD'),
};

// What engineers can search runs by. Search attributes are never encrypted, so they hold a status, an id and a constant code. Each change of
// one is an event and a write in two stores of Temporal, so a status is only told where the run really rests: `settling` when
// the outcome did not come as fast as it should.

import { defineSearchAttributeKey } from '@temporalio/common';

export const searchAttributes = {
  status: defineSearchAttributeKey('ApplicationStatus', 'KEYWORD'),
  merchantId: defineSearchAttributeKey('MerchantId', 'KEYWORD'),
  /** `<activity>:<FAILURE_TYPE>` while a step waits for staff. */
  attention: defineSearchAttributeKey('Attention', 'KEYWORD'),
};

// What engineers can search runs by. Search attributes are never encrypted, so they hold an id and a constant code. Each change of one is an
// event and a write in two stores of Temporal, so where an application stands is not among them: PostgreSQL has that, and the run's details.

import { defineSearchAttributeKey } from '@temporalio/common';

export const searchAttributes = {
  merchantId: defineSearchAttributeKey('MerchantId', 'KEYWORD'),
  /** `<activity>:<FAILURE_TYPE>` while a step waits for staff. */
  attention: defineSearchAttributeKey('Attention', 'KEYWORD'),
};

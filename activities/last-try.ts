// How often Temporal still tries. Asked only where something has to be put down before a step is handed to staff.

import { activityInfo } from '@temporalio/activity';

/** True in the last try that the retry policy of the running activity allows. Throws outside of an activity. */
export function isLastTry(): boolean {
  const { attempt, retryPolicy } = activityInfo();
  return attempt >= (retryPolicy?.maximumAttempts ?? Number.POSITIVE_INFINITY);
}

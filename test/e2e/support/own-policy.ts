// An application with a policy of the test's own, started as the api starts it: a wait that is over in seconds, a vendor that is given up after
// two tries. What the policy does not name is as in production.

import assert from 'node:assert/strict';
import { applicationPolicy } from '../../../api/policy.ts';
import { readApplication } from '../../../db/applications.ts';
import { applicationWorkflow, applicationWorkflowId, taskQueues } from '../../../workflows/messages.ts';
import type { ApplicationPolicy } from '../../../workflows/messages.ts';
import { searchAttributes } from '../../../workflows/search-attributes.ts';
import type { System } from '../../support/system.ts';
import type { Journey } from './journey.ts';

/** Starts the workflow of this new application again, under this policy. The run that the api has started ends; it has done nothing yet. */
export async function hasPolicy(
  { database, temporal }: System,
  { applicationId }: Journey,
  own: Partial<ApplicationPolicy>,
): Promise<void> {
  const policy: ApplicationPolicy = { ...applicationPolicy, ...own };
  const row = await readApplication(database, applicationId);
  assert.equal(row?.status, 'created', 'the customer has done nothing yet');
  // The api stores this deadline when the merchant calls.
  const deadlineAt = new Date(Date.now() + policy.basicInfoMs);
  await database.query('update applications set deadline_at = $2 where id = $1', [applicationId, deadlineAt]);
  await temporal.workflow.start(applicationWorkflow, {
    workflowId: applicationWorkflowId(applicationId),
    taskQueue: taskQueues.applications,
    args: [{ applicationId, merchantId: row.merchant_id, amountVnd: row.amount_vnd, policy }],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    startDelay: policy.basicInfoMs,
    typedSearchAttributes: [
      { key: searchAttributes.status, value: 'created' },
      { key: searchAttributes.merchantId, value: row.merchant_id },
    ],
  });
}

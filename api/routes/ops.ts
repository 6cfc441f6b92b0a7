// What support staff may ask and do.

import type { Guards } from '../auth.ts';
import type { Api, ApiDeps } from '../environment.ts';
import { addOpsRetry } from './ops/act.ts';
import { addDecideApproval, addListApprovals } from './ops/approvals.ts';
import { addOpsCancel, addPreviewCancel } from './ops/cancel-application.ts';
import { addExtendDeadline, addRequestResubmission, addResendOtpByStaff, addSendLink } from './ops/help-customer.ts';
import { addAnswerReview } from './ops/answer-review.ts';
import { addLinkDocument, addViewDocument } from './ops/documents.ts';
import { addBulkRetry } from './ops/bulk-retry.ts';
import { addOpsInspect } from './ops/inspect-application.ts';
import { addOpsList } from './ops/list-applications.ts';
import { addDecodePayloads } from './ops/decode-payloads.ts';
import { addListQueue, addReadQueues } from './ops/queues.ts';
import { addSearch } from './ops/search.ts';
import { addUnmask } from './ops/unmask.ts';
import { addReadOwnAccess } from './ops/own-access.ts';
import { addEscalateReview, addNoteReview, addSnoozeReview } from './ops/put-off-review.ts';
import { addClaimReview, addReassignReview, addReleaseReview } from './ops/move-review.ts';
import { addInspectParked, addListParked } from './ops/parked.ts';
import { addDiscardParked, addReplayOpenParked, addRenewParked, addReplayParked } from './ops/resolve-parked.ts';
import { addListReviews, addReadReview } from './ops/reviews.ts';

/** Adds the routes under /ops/v1. */
export function addOpsRoutes(app: Api, deps: ApiDeps, guards: Guards): void {
  addReadOwnAccess(app, guards);
  addDecodePayloads(app, deps, guards);
  addReadQueues(app, deps, guards);
  addListQueue(app, deps, guards);
  addSearch(app, deps, guards);
  addOpsList(app, deps, guards);
  addOpsInspect(app, deps, guards);
  addUnmask(app, deps, guards);
  addBulkRetry(app, deps, guards);
  addLinkDocument(app, deps, guards);
  addViewDocument(app, deps);
  addOpsRetry(app, deps, guards);
  addPreviewCancel(app, deps, guards);
  addOpsCancel(app, deps, guards);
  addRequestResubmission(app, deps, guards);
  addExtendDeadline(app, deps, guards);
  addResendOtpByStaff(app, deps, guards);
  addSendLink(app, deps, guards);
  addListApprovals(app, deps, guards);
  addDecideApproval(app, deps, guards);
  addListReviews(app, deps, guards);
  addReadReview(app, deps, guards);
  addClaimReview(app, deps, guards);
  addReleaseReview(app, deps, guards);
  addReassignReview(app, deps, guards);
  addEscalateReview(app, deps, guards);
  addSnoozeReview(app, deps, guards);
  addNoteReview(app, deps, guards);
  addAnswerReview(app, deps, guards);
  addListParked(app, deps, guards);
  addInspectParked(app, deps, guards);
  addReplayOpenParked(app, deps, guards);
  addReplayParked(app, deps, guards);
  addRenewParked(app, deps, guards);
  addDiscardParked(app, deps, guards);
}

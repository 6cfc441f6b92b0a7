// What support staff may ask and do.

import type { Guards } from '../auth.ts';
import type { Api, ApiDeps } from '../environment.ts';
import { addAnswerReview, addOpsCancel, addOpsRetry } from './ops/act.ts';
import { addOpsInspect } from './ops/inspect-application.ts';
import { addOpsList } from './ops/list-applications.ts';

/** Adds the routes under /ops/v1. */
export function addOpsRoutes(app: Api, deps: ApiDeps, guards: Guards): void {
  addOpsList(app, deps, guards);
  addOpsInspect(app, deps, guards);
  addOpsRetry(app, deps, guards);
  addOpsCancel(app, deps, guards);
  addAnswerReview(app, deps, guards);
}

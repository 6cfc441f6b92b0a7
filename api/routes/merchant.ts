// What a merchant's server may ask.

import type { Guards } from '../auth.ts';
import type { Api, ApiDeps } from '../environment.ts';
import { addCancelApplication } from './merchant/cancel-application.ts';
import { addCreateApplication } from './merchant/create-application.ts';
import { addListApplications } from './merchant/list-applications.ts';
import { addReadApplication } from './merchant/read-application.ts';

/** Adds the routes under /v1. */
export function addMerchantRoutes(app: Api, deps: ApiDeps, guards: Guards): void {
  addCreateApplication(app, deps, guards);
  addListApplications(app, deps, guards);
  addReadApplication(app, deps, guards);
  addCancelApplication(app, deps, guards);
}

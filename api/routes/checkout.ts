// What a customer may do, each with the session of one application.

import type { Guards } from '../auth.ts';
import type { Api, ApiDeps } from '../environment.ts';
import { addAcceptOffer } from './checkout/accept-offer.ts';
import { addCancelCheckout } from './checkout/cancel-checkout.ts';
import { addLiveness } from './checkout/liveness.ts';
import { addOpenSession } from './checkout/open-session.ts';
import { addApprovePurchase, addResendOtp, addSubmitOtp } from './checkout/purchase.ts';
import { addReadCheckout } from './checkout/read-checkout.ts';
import { addReadContract } from './checkout/read-contract.ts';
import { addSignContract } from './checkout/sign-contract.ts';
import { addSubmitBasicInfo } from './checkout/submit-basic-info.ts';
import { addSubmitIdentity } from './checkout/submit-identity.ts';

/** Adds the routes under /checkout, in the order in which a customer meets them. */
export function addCheckoutRoutes(app: Api, deps: ApiDeps, guards: Guards): void {
  addOpenSession(app, deps);
  addReadCheckout(app, deps, guards);
  addSubmitBasicInfo(app, deps, guards);
  addLiveness(app, deps, guards);
  addSubmitIdentity(app, deps, guards);
  addAcceptOffer(app, deps, guards);
  addReadContract(app, deps, guards);
  addSignContract(app, deps, guards);
  addApprovePurchase(app, deps, guards);
  addSubmitOtp(app, deps, guards);
  addResendOtp(app, deps, guards);
  addCancelCheckout(app, deps, guards);
}

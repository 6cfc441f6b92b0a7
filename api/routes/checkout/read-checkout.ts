// GET /checkout/application and /checkout/offer: where the customer stands.

import { checkoutView } from '../../../db/views.ts';
import type { CheckoutView } from '../../../db/views.ts';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiContext, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { offerSummary, toOfferSummary } from './offer-summary.ts';
import { checkoutPicture, toCheckoutPicture } from './picture.ts';

/** Adds both routes. */
export function addReadCheckout(app: Api, deps: ApiDeps, guards: Guards): void {
  const application = defineRoute(
    { guard: guards.session },
    {
      method: 'get',
      path: '/checkout/application',
      tags: ['Checkout'],
      summary: 'Where the application stands and what to do next',
      responses: { 200: json(checkoutPicture, 'The application') },
    },
  );
  app.openapi(application, async (c) => c.json(toCheckoutPicture(await ownView(deps, c), deps.now()), 200));

  const offer = defineRoute(
    { guard: guards.session, problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/checkout/offer',
      tags: ['Checkout'],
      summary: 'The offer',
      responses: { 200: json(offerSummary, 'The newest offer') },
    },
  );
  app.openapi(offer, async (c) => {
    const { offer: row } = await ownView(deps, c);
    if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no offer yet.' });
    return c.json(toOfferSummary(row), 200);
  });
}

/** The view of the session's application. */
export async function ownView({ database }: Pick<ApiDeps, 'database'>, c: ApiContext): Promise<CheckoutView> {
  const view = await checkoutView(database, sessionOf(c).applicationId);
  if (!view) throw new Problem('UNAUTHORIZED');
  return view;
}

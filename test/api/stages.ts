// Brings an application to a stage of the checkout with the records that its workflow would have left.

import { addContract, planAccount } from '../../db/agreements.ts';
import { createDecisions } from '../../db/decisions.ts';
import { sha256 } from '../../db/documents.ts';
import { newId } from '../../db/ids.ts';
import { addOffer } from '../../db/offers.ts';
import { buildOffer, offerContent } from '../../domain/schedule.ts';
import { decisionAbout } from '../support/decision-record.ts';
import { aCheckout, now } from './world.ts';
import type { World } from './world.ts';

/** Brings an application to the offer, the contract or the purchase, as its workflow would. */
export async function at(w: World, step: 'offer' | 'contract' | 'purchase') {
  const checkout = await aCheckout(w);
  const { applicationId } = checkout;
  const offer = buildOffer({
    applicationId,
    product: 'pay-in-3',
    limitVnd: 5_000_000,
    amountVnd: 3_000_000,
    startOn: '2026-11-23',
    validUntil: now,
  });
  const hash = sha256(offerContent(offer));
  const pdf = Buffer.from(`%PDF of ${applicationId}`);
  await w.database.withTransaction(async (tx) => {
    const decisionId = await createDecisions(w.deps.boxes).add(tx, decisionAbout(applicationId));
    const offerId = await addOffer(tx, {
      applicationId,
      decisionId,
      limitVnd: 5_000_000,
      amountVnd: 3_000_000,
      product: 'pay-in-3',
      content: offer,
      hash,
      expiresAt: now,
    });
    if (step === 'offer') return;
    const account = await planAccount(tx, applicationId, 5_000_000);
    const document = await w.deps.documents.add(
      tx,
      await w.deps.documents.keep({ applicationId, kind: 'contract', mediaType: 'application/pdf', content: pdf }),
    );
    await addContract(tx, {
      id: newId('contract'),
      applicationId,
      offerId,
      contractNumber: account.contract_number,
      templateVersion: '1',
      document,
    });
  });
  await w.move(applicationId, { status: 'in_progress', step: 'identity' });
  await w.move(applicationId, { status: 'offer_ready', step: 'offer' });
  if (step !== 'offer') {
    await w.move(applicationId, { status: 'in_progress', step: 'activation' });
    await w.move(applicationId, { status: 'awaiting_signature', step: 'contract' });
  }
  if (step === 'purchase') await w.move(applicationId, { status: 'awaiting_approval', step: 'purchase' });
  return { ...checkout, hash, pdf };
}

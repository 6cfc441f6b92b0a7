// The offer that the customer accepts. With the acceptance our numbers at WAY4 are fixed, before the first call to it.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const accepted = z.object({ kind: z.literal('accepted') });

export function createOfferActivities({ store }: { store: Store }) {
  return {
    /** Records that the offer was accepted, at the time at which the customer did so, and plans the account at WAY4. Repeat: nothing.
     *  Throws INVARIANT_BROKEN for an offer that is not the newest one or had expired by then. */
    async acceptOffer(ref: StepRef, { offerHash, acceptedAt }: { offerHash: string; acceptedAt: string }): Promise<{ kind: 'accepted' }> {
      return recordOnce(store, ref, accepted, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          invariant(
            await store.offers.markOfferAccepted(tx, { applicationId, hash: offerHash, at: new Date(acceptedAt) }),
            'the offer that is accepted is the one that stands',
          );
          const offer = await store.offers.latestOffer(tx, applicationId);
          invariant(offer, 'an accepted offer exists');
          await store.agreements.planAccount(tx, applicationId, offer.limit_vnd);
          await store.applications.advance(tx, applicationId, { status: 'in_progress', step: 'activation' });
          return { kind: 'accepted' as const };
        },
      });
    },
  };
}

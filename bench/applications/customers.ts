// One customer, who does everything right and loses no time. Each twin has its own way to be spoken to; what the customer waits for is the same.

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { createCommands } from '../../adapters/temporal/commands.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { temporalLimits } from '../../config/limits.ts';
import { latestOffer } from '../../db/offers.ts';
import type { Queryable } from '../../db/pool.ts';
import { applicationWorkflowId, transactionSettled } from '../../workflows/messages.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';
import type { Input } from './naive.ts';
import type { StepName, Stubs } from './stubs.ts';

/** Takes one application from its start to its end. */
export type Buy = (applicationId: string) => Promise<void>;

const photo = { documentId: 'doc_1', sha256: 'photo' };
export const photos = { idFront: photo, idBack: photo, selfie: photo };
const commandTimeoutMs = 60_000;

/** Speaks to our workflow, in commands that answer. What no command answers is read where the customer's page reads it, in PostgreSQL. */
export function oursBuys(client: Client, { done }: Stubs, database: Queryable): Buy {
  const commands = createCommands(client, {
    policy: applicationPolicy,
    timeoutMs: commandTimeoutMs,
    atOnce: temporalLimits.commandsAtOnce,
  });
  return async (applicationId) => {
    const ref = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' as const };
    const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
    await commands.start(ref);
    await commands.submitBasicInfo(ref, 'basicInfo', { customerId: 'cus_1' });
    await done(applicationId, 'recordBasicInfo');
    await whenItFits(async () => commands.submitIdentity(ref, 'identity', photos));
    await done(applicationId, 'decide');
    await latestOffer(database, applicationId);
    await whenItFits(async () => commands.acceptOffer(ref, 'offer', { offerHash: 'offer' }));
    await done(applicationId, 'prepareContract');
    await whenItFits(async () => commands.signContract(ref, 'contract', { documentSha256: 'paper', consentId: 'cst_1' }));
    await done(applicationId, 'sealContract');
    await whenItFits(async () => commands.approveTransaction(ref, 'approve', { amountVnd: ref.amountVnd }));
    await whenItFits(async () => commands.submitOtp(ref, 'otp', { code: '123456' }));
    await done(applicationId, 'handOffTransaction');
    await handle.signal(transactionSettled, { transactionId: `txn_${applicationId}`, status: 'posted' });
    await handle.result();
  };
}

/** A step is done a moment before its workflow knows; a command in that moment is refused and simply sent again, as a page would. */
async function whenItFits(send: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await send();
      return;
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      await pause(1);
    }
  }
}

/** Speaks to the naive twin, in signals. They have no answer, so it asks what came of each; but it is told when asking is worth it, and asks once,
 *  where a real caller would have to ask again and again. `mute`: its status is told to nobody who searches. */
export function naiveBuys(client: Client, { done }: Stubs, mute: boolean): Buy {
  const way: [input: Input, until: StepName][] = [
    ['basicInfo', 'recordBasicInfo'],
    ['identity', 'decide'],
    ['offer', 'prepareContract'],
    ['signature', 'sealContract'],
    ['approval', 'requestOtp'],
    ['otp', 'handOffTransaction'],
  ];
  return async (applicationId) => {
    const handle = await client.workflow.start('naive', {
      workflowId: `naive:${applicationId}`,
      taskQueue: 'naive',
      args: [{ applicationId, mute }],
      typedSearchAttributes: mute
        ? []
        : [
            { key: searchAttributes.status, value: 'created' },
            { key: searchAttributes.merchantId, value: 'mrc_1' },
          ],
    });
    for (const [input, until] of way) {
      await handle.signal(input);
      await done(applicationId, until);
      await handle.query('outcome');
    }
    await handle.signal('settled');
    await handle.result();
  };
}

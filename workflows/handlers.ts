// The commands of an application. Validators are synchronous and pure: a command that does not fit is refused without a trace in
// the history. Handlers only put what came into the run; the stages do the work.

import { setHandler } from '@temporalio/workflow';
import type { Step } from '../domain/states.ts';
import * as messages from './messages.ts';
import type { Run } from './run.ts';

/** Sets every handler but those of the purchase (workflows/otp-handlers.ts) and of staff. Call it before the first await. */
export function setApplicationHandlers(run: Run): void {
  const { inbox, facts, view } = run;
  const only = (step: Step, isOpen: boolean): void => {
    if (run.isEnding() || inbox.resubmission || view().step !== step || !isOpen)
      run.refuse('WRONG_STATE', `this is not possible in step ${view().step}`);
    run.refuseWhenFull();
  };

  setHandler(
    messages.submitBasicInfo,
    (statement) => {
      inbox.basicInfo = statement;
      return view();
    },
    {
      validator: (_statement) => only('basicInfo', inbox.basicInfo === null),
      description: 'The customer filled in data and consents',
    },
  );

  setHandler(
    messages.submitIdentity,
    (submission) => {
      inbox.identity = submission;
      return view();
    },
    {
      validator: (_submission) => only('identity', inbox.identity === null && view().awaits === 'customer'),
      description: 'The customer sent photos of ID card and face',
    },
  );

  setHandler(
    messages.acceptOffer,
    ({ offerHash }) => {
      inbox.offerHash = offerHash;
      return view();
    },
    {
      validator: ({ offerHash }) => {
        only('offer', inbox.offerHash === null);
        if (offerHash !== facts.offer?.hash) run.refuse('OFFER_MISMATCH', 'the offer that was shown is not the offer that stands');
      },
      description: 'The customer accepted the offer',
    },
  );

  setHandler(
    messages.signContract,
    (signature) => {
      inbox.signature = signature;
      return view();
    },
    {
      validator: ({ documentSha256 }) => {
        only('contract', inbox.signature === null && facts.documentSha256 !== null);
        if (documentSha256 !== facts.documentSha256)
          run.refuse('DOCUMENT_MISMATCH', 'the document that was shown is not the document that stands');
      },
      description: 'The customer signed the contract',
    },
  );

  setVendorHandlers(run);
}

function setVendorHandlers({ inbox, facts, view }: Run): void {
  setHandler(messages.creditReportReady, ({ inquiryId }) => void inbox.reportsReady.add(inquiryId), { description: 'CIC answered' });
  setHandler(
    messages.transactionSettled,
    (settlement) => {
      // At least once: the first outcome stands, repeats change nothing.
      inbox.settlement ??= settlement;
      // What has an outcome was approved, also where Temporal lost the command that did so.
      if (view().step === 'purchase') facts.otp.verified = true;
    },
    { description: 'The purchase has its final outcome' },
  );
}

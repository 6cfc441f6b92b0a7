// WAY4's books, page by page, for reconciliation. Reading changes nothing, so a lost answer is simply asked for again.

import { VendorFailure } from '../../domain/failures.ts';
import type { CardCoreBooks, CoreDocument } from '../../domain/ports.ts';
import { bookingList } from './requests.ts';
import type { SendUfx } from './ufx.ts';
import { bookingListAnswer, listParms, parmValue, readAmountVnd } from './wire.ts';
import type { Way4Installation } from './wire.ts';

/** The books behind this exchange. Throws `garbage` for a document without RRN, amount or time: a list with a hole proves nothing. */
export function createBooks(installation: Way4Installation, send: SendUfx): CardCoreBooks {
  return {
    async listPurchases(page, call) {
      const body = bookingList(installation, page);
      const answer = await send({ type: 'Doc', body, answer: bookingListAnswer, call, readOnly: true });
      if (answer.Status.RespCode !== installation.respCodes.ok) throw new VendorFailure('way4', 'rejected', answer.Status.RespCode);
      const listed = answer.DataRs?.Doc ?? [];
      const last = listed.length < page.limit ? undefined : listed.at(-1);
      return {
        documents: listed.map((doc) => readDocument(installation, doc)),
        next: last === undefined ? null : required(parmValue(last.DocRefSet, listParms.docId)),
      };
    },
  };
}

type Listed = NonNullable<ReturnType<typeof bookingListAnswer.parse>['DataRs']>['Doc'][number];

function readDocument({ respCodes }: Way4Installation, doc: Listed): CoreDocument {
  const bookedAt = required(parmValue(doc.DocRefSet, listParms.bookedAt));
  if (Number.isNaN(Date.parse(bookedAt))) throw new VendorFailure('way4', 'garbage', 'LISTED_DOC');
  const posted = parmValue(doc.DocRefSet, listParms.reversed) === 'Y' ? 'reversed' : 'posted';
  return {
    rrn: required(parmValue(doc.DocRefSet, 'RRN')),
    contractNumber: doc.Requestor.ContractNumber,
    amountVnd: required(readAmountVnd(doc.Transaction.Amount)),
    status: doc.Status.RespCode === respCodes.ok ? posted : 'rejected',
    bookedAt,
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new VendorFailure('way4', 'garbage', 'LISTED_DOC');
  return value;
}

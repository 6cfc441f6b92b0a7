// Compares three books that must agree: our transactions, WAY4's purchases, and what the applications ended with. Pure, so that every kind
// of break can be planted in a test; what is done about one is decided here too, because a wrong repair would cost more than the break.

import type { CoreDocument } from './ports.ts';
import type { ApplicationStatus, TransactionStatus } from './states.ts';

/** A transaction as reconciliation sees it. */
export interface ReconciledTransaction {
  transactionId: string;
  applicationId: string;
  rrn: string;
  contractNumber: string;
  amountVnd: number;
  status: TransactionStatus;
  acceptedAt: Date;
  applicationStatus: ApplicationStatus;
  /** A step of the application waits for staff. */
  attention: boolean;
  /** Something is still under way or changed a moment ago: a message on its way, a claim, a retry ahead. It is compared the next time. */
  moving: boolean;
  /** It waits for a person: its message is parked for a reason that is its own. */
  parked: boolean;
  /** The workflow is still to be told the outcome. */
  untold: boolean;
}

/** An application that can only be where it is with a transaction, and has none. */
export interface WithoutTransaction {
  applicationId: string;
  applicationStatus: ApplicationStatus;
  updatedAt: Date;
}

export interface Books {
  transactions: readonly ReconciledTransaction[];
  documents: readonly CoreDocument[];
  withoutTransaction: readonly WithoutTransaction[];
}

/** One comparison in numbers: what a person reads first, and all that may stand where the public can see it. */
export interface ReconciliationSummary {
  /** RFC 3339. */
  since: string;
  transactions: number;
  documents: number;
  /** Left for the next run, because something is under way. */
  moving: number;
  /** Breaks found, by kind. */
  found: Partial<Record<BreakKind, number>>;
  repaired: number;
  /** Breaks that wait for a person. */
  open: number;
  /** Breaks of earlier runs that are no more. */
  cleared: number;
}

export type BreakKind =
  /** Somebody else's books have it and ours do not. */
  | 'missing_here'
  /** We have it as booked, or as accepted for long, and WAY4 does not. */
  | 'missing_there'
  | 'amount'
  /** Both have it and disagree about what became of it, or about whose it is. */
  | 'state'
  /** WAY4 booked one RRN more than once. */
  | 'duplicate';

/** What may be done without a person. `publish`: the message is written again; its handler asks WAY4 by RRN, so nothing is booked twice.
 *  `tell`: the workflow is told the outcome again, which it ignores when it knows it. Nothing else is safe. */
export type Repair = 'publish' | 'tell';

/** What one of the books says; a value that does not matter for the break is left out. */
export type Side = Readonly<Record<string, string | number>>;

export interface Break {
  kind: BreakKind;
  /** Whose books differ from ours. */
  against: 'core' | 'workflow';
  /** The RRN; the application id where there is no transaction. Kind, against and reference name a break. */
  reference: string;
  transactionId: string | null;
  applicationId: string | null;
  ours: Side | null;
  theirs: Side | null;
  repair: Repair | null;
  /** When the thing came into being that it is about. */
  occurredAt: Date;
}

/** Every break between the books, and none where something is still moving. */
export function findBreaks({ transactions, documents, withoutTransaction }: Books): Break[] {
  const byRrn = Map.groupBy(documents, ({ rrn }) => rrn);
  const settled = transactions.filter(({ moving }) => !moving);
  const known = new Set(transactions.map(({ rrn }) => rrn));
  const strangers = [...byRrn].filter(([rrn]) => !known.has(rrn)).map(([, found]) => found);
  return [
    ...settled.flatMap((transaction) => againstCore(transaction, byRrn.get(transaction.rrn) ?? [])),
    ...settled.flatMap(againstWorkflow),
    ...strangers.flatMap(([first]) => (first ? [stranger(first)] : [])),
    ...withoutTransaction.map(orphan),
  ];
}

function againstCore(transaction: ReconciledTransaction, documents: readonly CoreDocument[]): Break[] {
  const posted = documents.filter(({ status }) => status === 'posted');
  const { status, amountVnd, contractNumber } = transaction;
  if (posted.length > 1) return [breakOf(transaction, 'duplicate', { status }, { status: 'posted', bookings: posted.length })];
  const document = posted[0] ?? documents[0];
  if (!document) return missingThere(transaction);
  const found: Break[] = [];
  if (document.amountVnd !== amountVnd) found.push(breakOf(transaction, 'amount', { amountVnd }, { amountVnd: document.amountVnd }));
  if (document.contractNumber !== contractNumber) {
    found.push(breakOf(transaction, 'state', { contractNumber }, { contractNumber: document.contractNumber }));
  } else if (document.status !== status) {
    // Ours has no outcome and WAY4 has one: our own handler takes it over. When it is parked, that is a person's decision.
    const repair = status === 'accepted' && document.status !== 'reversed' && found.length === 0 && !transaction.parked ? 'publish' : null;
    found.push({ ...breakOf(transaction, 'state', { status }, { status: document.status }), repair });
  }
  return found;
}

// A refusal moves no money, and not every WAY4 lists it. What is parked is known to staff already.
function missingThere(transaction: ReconciledTransaction): Break[] {
  const { status, amountVnd, parked } = transaction;
  if (status === 'rejected' || (status === 'accepted' && parked)) return [];
  return [{ ...breakOf(transaction, 'missing_there', { status, amountVnd }, null), repair: status === 'accepted' ? 'publish' : null }];
}

const endOf = { accepted: 'settling', posted: 'completed', rejected: 'failed' } as const;

function againstWorkflow(transaction: ReconciledTransaction): Break[] {
  const { status, applicationStatus, untold, attention } = transaction;
  if (applicationStatus === endOf[status]) return [];
  const waits = applicationStatus === 'settling';
  if (waits && (untold || attention)) return [];
  const found = breakOf(transaction, 'state', { status }, { applicationStatus });
  return [{ ...found, against: 'workflow', repair: waits ? 'tell' : null }];
}

function breakOf(transaction: ReconciledTransaction, kind: BreakKind, ours: Side | null, theirs: Side | null): Break {
  const { rrn: reference, transactionId, applicationId, acceptedAt: occurredAt } = transaction;
  return { kind, against: 'core', reference, transactionId, applicationId, ours, theirs, repair: null, occurredAt };
}

function stranger({ rrn, status, amountVnd, contractNumber, bookedAt }: CoreDocument): Break {
  const nobody = { transactionId: null, applicationId: null, ours: null, repair: null };
  const theirs = { status, amountVnd, contractNumber };
  return { ...nobody, kind: 'missing_here', against: 'core', reference: rrn, theirs, occurredAt: new Date(bookedAt) };
}

function orphan({ applicationId, applicationStatus, updatedAt }: WithoutTransaction): Break {
  const nothing = { transactionId: null, ours: null, repair: null };
  const theirs = { applicationStatus };
  return { ...nothing, kind: 'missing_here', against: 'workflow', reference: applicationId, applicationId, theirs, occurredAt: updatedAt };
}

// The life of an application as merchants, customers and staff see it, and which change is legal. The workflow decides when a
// change happens; this table decides whether it may. A terminal status is never left.

export const applicationStatuses = [
  'created',
  'in_progress',
  'in_review',
  'offer_ready',
  'awaiting_signature',
  'awaiting_approval',
  'settling',
  'completed',
  'declined',
  'canceled',
  'expired',
  'failed',
] as const;

export type ApplicationStatus = (typeof applicationStatuses)[number];

export type TerminalStatus = 'completed' | 'declined' | 'canceled' | 'expired' | 'failed';

/** The ends without a purchase. */
export const stopped = ['declined', 'canceled', 'expired', 'failed'] as const;

const next: Record<ApplicationStatus, readonly ApplicationStatus[]> = {
  created: ['in_progress', ...stopped],
  in_progress: ['in_review', 'offer_ready', 'awaiting_signature', ...stopped],
  in_review: ['in_progress', 'offer_ready', ...stopped],
  offer_ready: ['in_progress', ...stopped],
  awaiting_signature: ['awaiting_approval', ...stopped],
  awaiting_approval: ['settling', ...stopped],
  // From here the money is on its way: only the core bank's answer decides, so neither a cancel nor a deadline ends it.
  settling: ['completed', 'failed'],
  completed: [],
  declined: [],
  canceled: [],
  expired: [],
  failed: [],
};

/** True when an application may go from one status to the other; staying where it is is always allowed. */
export function canBecome(from: ApplicationStatus, to: ApplicationStatus): boolean {
  return from === to || next[from].includes(to);
}

/** True when nothing can happen to the application any more. */
export function isTerminal(status: ApplicationStatus): status is TerminalStatus {
  return next[status].length === 0;
}

/** True while a cancel is still possible: before the hand-off of the purchase, the point of no return. */
export function canCancel(status: ApplicationStatus): boolean {
  return next[status].includes('canceled');
}

/** Who has to do something now, by what is stored. A deadline that is nobody's question runs for the customer. */
export function awaits(application: {
  status: ApplicationStatus;
  attention: unknown;
  deadlineAt: Date | null;
}): 'customer' | 'staff' | 'system' | 'nobody' {
  if (isTerminal(application.status)) return 'nobody';
  if (application.attention !== null || application.status === 'in_review') return 'staff';
  return application.deadlineAt === null ? 'system' : 'customer';
}

/** The steps of an application, in the order in which they are taken. A step is what a person sees as "where it is now". */
export const steps = [
  'basicInfo',
  'identity',
  'creditReport',
  'decision',
  'offer',
  'activation',
  'contract',
  'purchase',
  'handOff',
  'end',
] as const;

export type Step = (typeof steps)[number];

export type TransactionKind = 'purchase' | 'authorization' | 'capture' | 'void' | 'refund';

/** `accepted` has no outcome yet; `posted` and `rejected` are final: the transaction is settled. */
export type TransactionStatus = 'accepted' | 'posted' | 'rejected';

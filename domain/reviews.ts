// Questions to staff: what kinds there are, how each may be answered, and by whom.

import type { StaffRole } from './staff.ts';

export const reviewKinds = ['identity', 'decision', 'reconciliation'] as const;

export type ReviewKind = (typeof reviewKinds)[number];

export const reviews: Record<ReviewKind, { question: string; answers: readonly string[]; role: StaffRole }> = {
  identity: {
    question: 'Is the person on the photos the person who applies?',
    answers: ['approve', 'decline', 'askAgain'],
    role: 'reviewer',
  },
  decision: { question: 'Shall this customer get the limit?', answers: ['approve', 'decline', 'askAgain'], role: 'reviewer' },
  // `corrected`: the books were put right, and the next comparison will say so. `explained`: they differ for a good reason, and stay so.
  reconciliation: { question: 'Why do the books differ?', answers: ['corrected', 'explained'], role: 'operations' },
};

/** Where a question waits: with everybody, with those who decide what others cannot, or with those who look for fraud. */
export const reviewQueues = ['standard', 'senior', 'fraud'] as const;

export type ReviewQueue = (typeof reviewQueues)[number];

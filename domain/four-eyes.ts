// What needs a second person: whatever undoes something at the bank, grants much against the ruleset, sets many purchases in motion, or
// one under a new RRN. The first person asks, another one with the role confirms, and only then is it done.

import type { Vnd } from './money.ts';
import type { StaffRole } from './staff.ts';

/** What can be asked for, and the role that confirms it. */
export const fourEyes = {
  'application.cancel': 'operations',
  'review.approve': 'reviewer',
  'parked.replay': 'operations',
  'parked.renew': 'operations',
} as const satisfies Record<string, StaffRole>;

export type FourEyesOperation = keyof typeof fourEyes;

export interface AloneLimits {
  /** Largest limit that a reviewer grants alone where the ruleset referred. */
  overrideMaxVnd: Vnd;
  /** Parked messages that one person replays alone within an hour. */
  replayMaxMessages: number;
}

/** A cancel needs a second person once the bank may know the customer. Pure. */
export function cancelNeedsTwo(account: { client_status: string; contract_status: string } | null): boolean {
  return account !== null && (account.client_status !== 'closed' || account.contract_status !== 'closed');
}

/** An approval needs a second person above a limit. Pure. */
export function overrideNeedsTwo(grantedVnd: Vnd, { overrideMaxVnd }: Pick<AloneLimits, 'overrideMaxVnd'>): boolean {
  return grantedVnd > overrideMaxVnd;
}

/** A replay needs a second person once somebody comes to many; a replay of nothing never does. Pure. */
export function replayNeedsTwo(
  messages: number,
  replayedLately: number,
  { replayMaxMessages }: Pick<AloneLimits, 'replayMaxMessages'>,
): boolean {
  return messages > 0 && messages + replayedLately > replayMaxMessages;
}

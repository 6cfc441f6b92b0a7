// How an application ends, and the way out of the story before its last line.

import type { ReasonCode } from '../domain/reasons.ts';
import type { TerminalStatus } from '../domain/states.ts';

/** How an application ends. */
export interface End {
  status: TerminalStatus;
  reasons: ReasonCode[];
  transactionId?: string;
}

/** Leaves the story early: a decline, an expiry. Not a failure; it is caught where the run comes to its end. */
export class EarlyEnd extends Error {
  override readonly name = 'EarlyEnd';
  readonly end: End;
  constructor(end: End) {
    super(`ends as ${end.status}`);
    this.end = end;
  }
}

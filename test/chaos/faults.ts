// What a campaign does to the hand-off and to whole applications: each fault, whom it strikes, how long it lasts, and what must be seen afterwards if it
// really hit. How each is done is in nemesis.ts.

/** What happened on the way; a campaign in which nothing happened proves nothing. */
export interface Evidence {
  /** Deliveries that the broker had delivered before. */
  redelivered: number;
  /** Copies of settled transactions, handlers that were overtaken, and intents that were asked again. */
  suppressed: number;
  /** Commits whose answer never came. */
  ambiguous: number;
  /** Sessions with the broker after the first. */
  reconnects: number;
  /** Publishes that no queue took, that the broker refused, or that nobody confirmed. */
  returned: number;
  unconfirmed: number;
  /** Attempts that had to be tried again later. */
  delayed: number;
  /** Times a connection was told that the broker takes nothing. */
  blocked: number;
  /** Queues that did not work and were made anew. */
  mended: number;
  /** Messages that the sweeper published again. */
  swept: number;
  /** Calls of shops and customers that were made again. */
  repeatedCalls: number;
  /** Workflow tasks that were lost, and vendor steps that were given to a worker once more. */
  begunAgain: number;
}

/** Nothing was seen. */
export const noEvidence: Evidence = {
  redelivered: 0,
  suppressed: 0,
  ambiguous: 0,
  reconnects: 0,
  returned: 0,
  unconfirmed: 0,
  delayed: 0,
  blocked: 0,
  mended: 0,
  swept: 0,
  repeatedCalls: 0,
  begunAgain: 0,
};

export type Subject = 'relay' | 'consumer' | 'sender' | 'broker' | 'postgres' | 'way4' | 'api' | 'worker' | 'temporal';
export type Wire = 'postgres' | 'amqp' | 'way4';

export interface Fault {
  strikes: readonly Subject[];
  /** In heartbeats, because what hangs is found after two to three of them. */
  heartbeats: number;
  /** Which of these wires of the victim, where it is one of our processes. */
  wires?: readonly Wire[];
  /** Confirmed messages are gone with what it takes away, and only the sweeper brings their transactions back: all that wait, or those that are delayed. */
  takesMessages?: 'waiting' | 'delayed';
  /** At least one of these must have been seen when the fault was used. */
  shows: readonly (keyof Evidence)[];
}

const short = 0.3;
const untilNoticed = 3.5;

export const faults = {
  'kill-relay': { strikes: ['relay'], heartbeats: short, shows: [] },
  'freeze-relay': { strikes: ['relay'], heartbeats: untilNoticed, shows: ['reconnects'] },
  'kill-consumer': { strikes: ['consumer'], heartbeats: short, shows: ['redelivered'] },
  'freeze-consumer': { strikes: ['consumer'], heartbeats: untilNoticed, shows: ['redelivered'] },
  /** The process that accepts: in production the worker of applications. */
  'kill-sender': { strikes: ['sender'], heartbeats: short, shows: [] },
  'freeze-sender': { strikes: ['sender'], heartbeats: 1, shows: [] },
  /** Told to stop, as an orchestrator does it, and started again: it drains in the middle of everything else. */
  'stop-member': { strikes: ['relay', 'consumer'], heartbeats: short, shows: [] },
  'kill-broker': { strikes: ['broker'], heartbeats: short, shows: ['reconnects'] },
  'freeze-broker': { strikes: ['broker'], heartbeats: untilNoticed, shows: ['reconnects'] },
  'close-connections': { strikes: ['broker'], heartbeats: 0, shows: ['reconnects'] },
  'memory-alarm': { strikes: ['broker'], heartbeats: 1, shows: ['blocked'] },
  'delete-queue': { strikes: ['broker'], heartbeats: 0, takesMessages: 'waiting', shows: ['reconnects'] },
  /** Killed in the moment in which a queue was declared, the broker has that queue without a leader when it is back. */
  'forget-queue': { strikes: ['broker'], heartbeats: short, takesMessages: 'delayed', shows: ['mended'] },
  'unbind-queue': { strikes: ['broker'], heartbeats: 0, shows: ['returned'] },
  'kill-postgres': { strikes: ['postgres'], heartbeats: short, shows: [] },
  'freeze-postgres': { strikes: ['postgres'], heartbeats: 1, shows: [] },
  'end-sessions': { strikes: ['postgres'], heartbeats: 0, shows: [] },
  'cut-wire': { strikes: ['relay', 'consumer', 'sender'], wires: ['postgres', 'amqp', 'way4'], heartbeats: 0, shows: [] },
  'cut-broker-wire': { strikes: ['relay', 'consumer'], wires: ['amqp'], heartbeats: 0, shows: ['reconnects'] },
  /** Cut again and again, faster than what is under way can end. */
  'flap-broker-wire': { strikes: ['consumer'], wires: ['amqp'], heartbeats: 0, shows: ['reconnects'] },
  'half-open-wire': {
    strikes: ['relay', 'consumer'],
    wires: ['postgres', 'amqp', 'way4'],
    heartbeats: untilNoticed,
    shows: ['reconnects', 'ambiguous', 'delayed'],
  },
  'lose-answers': {
    strikes: ['relay', 'consumer', 'sender'],
    wires: ['postgres', 'amqp'],
    heartbeats: short,
    shows: ['ambiguous', 'reconnects'],
  },
  'lose-requests': { strikes: ['relay', 'consumer', 'sender'], wires: ['postgres', 'amqp'], heartbeats: short, shows: [] },
  /** Outcomes are written to a wire that swallows them: what was settled, and what not, is known to the database alone. */
  'lose-settlements': { strikes: ['consumer'], wires: ['postgres'], heartbeats: short, shows: ['ambiguous'] },
  /** Messages are published to a wire that swallows them: only the broker's confirm tells which are in the queue. */
  'lose-publishes': { strikes: ['relay'], wires: ['amqp'], heartbeats: short, shows: ['reconnects', 'unconfirmed'] },
  'delay-wire': { strikes: ['relay', 'consumer'], wires: ['postgres', 'amqp', 'way4'], heartbeats: 1, shows: [] },
  /** Requests arrive at WAY4 long after their sender gave them up, though within the lease. */
  'late-core-requests': { strikes: ['consumer'], wires: ['way4'], heartbeats: 1, shows: ['delayed'] },
  'core-commits-and-is-silent': { strikes: ['way4'], heartbeats: 1, shows: ['delayed'] },
  'core-is-slow': { strikes: ['way4'], heartbeats: 1.5, shows: [] },
  'core-loses-answers': { strikes: ['way4'], heartbeats: 1, shows: ['delayed'] },
  'core-errs': { strikes: ['way4'], heartbeats: 1, shows: ['delayed'] },
  /** These strike whole applications; a campaign with one of them runs a stream of those as well. */
  'kill-api': { strikes: ['api'], heartbeats: short, shows: ['repeatedCalls'] },
  'freeze-api': { strikes: ['api'], heartbeats: 2, shows: ['repeatedCalls'] },
  'kill-worker': { strikes: ['worker'], heartbeats: short, shows: ['begunAgain'] },
  'freeze-worker': { strikes: ['worker'], heartbeats: 2, shows: ['begunAgain'] },
  'kill-temporal': { strikes: ['temporal'], heartbeats: short, shows: ['repeatedCalls', 'begunAgain'] },
  'freeze-temporal': { strikes: ['temporal'], heartbeats: 2, shows: ['repeatedCalls', 'begunAgain'] },
  'skew-clock': { strikes: ['consumer'], heartbeats: 2, shows: ['redelivered'] },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults).filter((name): name is FaultName => Object.hasOwn(faults, name));

/** True when it strikes what only whole applications need. */
export function isOfApplications(name: FaultName): boolean {
  return faultOf(name).strikes.some((subject) => subject === 'api' || subject === 'worker' || subject === 'temporal');
}

/** The fault with its optional fields. */
export function faultOf(name: FaultName): Fault {
  return faults[name];
}

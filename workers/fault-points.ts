// Every boundary of the hand-off at which a process may die, by name. In production nothing happens there; a process of a test kills (or
// freezes) itself at one of them (test/delivery/support/dying.ts), and the test then proves that the purchase is still booked exactly
// once. A boundary that is added here without such a test fails test/delivery/crash-matrix.test.ts, which reads this list.

export const faultPoints = [
  // The relay: from the outbox to the broker.
  'relay.claimed',
  'relay.published',
  'relay.confirmed',
  'relay.marking',
  'relay.marked',
  'sweeper.sweeping',
  'sweeper.swept',
  // The pool: from the broker to WAY4 and back.
  'pool.delivered',
  'pool.claiming',
  'pool.claimed',
  'pool.asked',
  'pool.sending',
  'pool.answered',
  'pool.settling',
  'pool.settled',
  'pool.acknowledged',
  // A failed attempt on its way to a delay queue.
  'retry.noting',
  'retry.noted',
  'retry.sent',
  'retry.published',
  // A message that is put aside.
  'park.writing',
  'park.written',
  'parked.stored',
  // The outcome on its way to the workflow.
  'notice.claimed',
  'notice.told',
  'notice.forgotten',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** Called at every boundary. */
export type Faults = (point: FaultPoint) => void | Promise<void>;

/** Nothing ever happens. */
export const noFaults: Faults = () => undefined;

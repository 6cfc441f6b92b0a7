// The traffic of a campaign: purchases at a steady rate, some asked for twice, some with the same id and another amount, and now and then a
// message that is none. A purchase is asked for again until somebody answered, as Temporal repeats an activity.

import { connect } from 'amqplib';
import { workKey } from '../../adapters/rabbitmq/topology.ts';
import { newId } from '../../db/ids.ts';
import { createRandom } from './random.ts';
import type { Report, Sending } from './orders.ts';
import type { Stage } from './stage.ts';

export interface LoadBook {
  /** Transactions that were acknowledged as accepted, by their intent. */
  accepted: Map<string, { transactionId: string; rrn: string; amountVnd: number }>;
  /** The id of the last one. */
  newest?: string;
  intents: Set<string>;
  /** Message ids of the poison that the broker confirmed, and when. */
  poison: Map<string, number>;
  /** Statuses that were told, by transaction. */
  told: Map<string, Set<string>>;
  repeats: number;
  violations: string[];
}

export interface Load {
  book: LoadBook;
  onReport(report: Report): void;
  start(stage: Stage): void;
  /** Begins nothing new and resolves when every purchase that was begun is answered, or when `withinMs` is over. */
  stop(withinMs: number): Promise<void>;
}

export interface LoadOptions {
  seed: number;
  perSecond: number;
  /** Time between two messages that are none. */
  poisonEveryMs: number;
}

const repeatShare = 0.05;
const otherBodyShare = 0.01;
const tickMs = 100;
const resendMs = 4_000;
const maxBacklogSeconds = 15;
const price = { lowVnd: 10_000, highVnd: 90_000 };

interface Order {
  sending: Sending;
  sentAt: number;
  /** What must not be accepted: the same intent with other terms. */
  mustBeRefused: boolean;
}

export function createLoad({ seed, perSecond, poisonEveryMs }: LoadOptions): Load {
  const random = createRandom(seed ^ 0x10ad);
  const book: LoadBook = { accepted: new Map(), intents: new Set(), poison: new Map(), told: new Map(), repeats: 0, violations: [] };
  const open = new Map<number, Order>();
  const timers: NodeJS.Timeout[] = [];
  let orders = 0;
  let stage: Stage | undefined;

  function begin(sending: Omit<Sending, 'order'>, mustBeRefused = false): void {
    const order = (orders += 1);
    open.set(order, { sending: { ...sending, order }, sentAt: 0, mustBeRefused });
    send(order);
  }

  function send(order: number): void {
    const one = open.get(order);
    if (!one || !stage) return;
    one.sentAt = performance.now();
    stage.crew.get('sender-1')?.send(one.sending);
  }

  function tick(): void {
    // Whoever has to wait stops buying: the traffic of a slow machine is a slow one, not a growing heap.
    if (book.accepted.size - book.told.size + open.size > perSecond * maxBacklogSeconds) return;
    for (let n = 0; n < (perSecond * tickMs) / 1_000; n += 1) buy();
  }

  function buy(): void {
    if (!stage) return;
    const { applicationId, merchantId, contractNumber } = random.pick(stage.accounts);
    const intentKey = `${seed}:${book.intents.size}`;
    book.intents.add(intentKey);
    const purchase = { intentKey, applicationId, merchantId, contractNumber, amountVnd: random.between(price.lowVnd, price.highVnd) };
    begin(purchase);
    if (random.next() < repeatShare) begin(purchase);
  }

  function onAccepted(order: number, one: Order, answer: Extract<Report, { kind: 'accepted' }>): void {
    open.delete(order);
    const { intentKey, amountVnd } = one.sending;
    if (one.mustBeRefused) book.violations.push(`${intentKey}: accepted once more with other terms`);
    const before = book.accepted.get(intentKey);
    if (before && before.transactionId !== answer.transactionId) book.violations.push(`${intentKey}: one intent became two transactions`);
    if (!answer.created) book.repeats += 1;
    book.newest = answer.transactionId;
    book.accepted.set(intentKey, { transactionId: answer.transactionId, rrn: answer.rrn, amountVnd });
    if (!before && random.next() < otherBodyShare) begin({ ...one.sending, amountVnd: amountVnd + 1 }, true);
  }

  function onReport(report: Report): void {
    if (report.kind === 'told') book.told.set(report.transactionId, (book.told.get(report.transactionId) ?? new Set()).add(report.status));
    if (report.kind === 'foreign answer') book.violations.push('a delivery was answered on a channel that had not made it');
    if (!('order' in report)) return;
    const one = open.get(report.order);
    if (!one) return; // asked twice, answered twice
    if (report.kind === 'accepted') onAccepted(report.order, one, report);
    if (report.kind !== 'refused') return;
    open.delete(report.order);
    if (!one.mustBeRefused) book.violations.push(`${one.sending.intentKey}: refused`);
  }

  function resend(): void {
    const late = performance.now() - resendMs;
    for (const [order, { sentAt }] of open) if (sentAt < late) send(order);
  }

  return {
    book,
    onReport,
    start: (on) => {
      stage = on;
      timers.push(setInterval(tick, tickMs), setInterval(resend, resendMs / 8));
      timers.push(setInterval(() => void poison(on, book, random.between(0, 4)), poisonEveryMs));
    },
    stop: async (withinMs) => {
      const [ticking, resending, poisoning] = timers;
      clearInterval(ticking);
      clearInterval(poisoning);
      const until = performance.now() + withinMs;
      while (open.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, tickMs));
      clearInterval(resending);
      if (open.size > 0) book.violations.push(`${open.size} purchases were never answered`);
    },
  };
}

/** Puts a message on the queue that is none. A broker that is away just then gets none. */
async function poison({ amqpUrl, topology }: Stage, book: LoadBook, sort: number): Promise<void> {
  const messageId = `poison-${newId('request')}`;
  const known = book.newest;
  const fields = { schemaVersion: 1, transactionId: newId('transaction'), rrn: '000000000000', kind: 'purchase' };
  const bodies = [
    'not JSON',
    JSON.stringify({ ...fields, schemaVersion: 2 }),
    JSON.stringify({ ...fields, kind: 'gift' }),
    JSON.stringify(fields),
    JSON.stringify({ ...fields, transactionId: known ?? fields.transactionId }),
  ];
  try {
    const connection = await connect(amqpUrl, { timeout: 2_000 });
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    let returned = false;
    channel.on('return', () => (returned = true));
    channel.publish(topology.exchange, workKey, Buffer.from(bodies[sort] ?? ''), { persistent: true, mandatory: true, messageId });
    await channel.waitForConfirms();
    if (!returned) book.poison.set(messageId, Date.now());
    await connection.close();
  } catch {
    // It may be there all the same: whether it is parked is then not asked.
    if (!book.poison.has(messageId)) book.poison.set(messageId, Number.NaN);
  }
}

// Seeded bugs: each is one wrapper around something that the hand-off is given, so the code under test has no branch for it. A campaign
// that does not go red for each of them has no teeth.

import type { Channel, Transport } from '../../adapters/rabbitmq/transport.ts';
import { AmbiguousCommit, CommitRefused } from '../../db/pool.ts';
import type { Database, Queryable, Tx } from '../../db/pool.ts';
import type { CardCore } from '../../domain/ports.ts';
import type { FaultName } from './faults.ts';

export interface Mutant {
  /** What brings it to light. */
  faults: readonly FaultName[];
  /** WAY4 takes so long all along: then there is work in hand whenever something is struck, and no seed can miss it. */
  coreDelayMs?: number;
  /** The limits of its campaign; quick unless given. */
  profile?: 'unswept' | 'longLease';
  transport?: (real: Transport) => Transport;
  database?: (real: Database) => Database;
  cardCore?: (real: Pick<CardCore, 'findPurchase'>) => Pick<CardCore, 'findPurchase'>;
  /** The key under which an intent is accepted. */
  intentKey?: (key: string) => string;
}

export const mutants: Record<string, Mutant> = {
  'ack-before-commit': { faults: ['kill-consumer'], coreDelayMs: 500, profile: 'unswept', transport: perChannel(ackOnDelivery) },
  'mark-before-confirm': { faults: ['lose-publishes'], profile: 'unswept', transport: perChannel(confirmAtOnce) },
  'ignore-returns': { faults: ['unbind-queue'], transport: perChannel((channel) => ({ ...channel, onReturn: () => undefined })) },
  'ack-on-current-channel': { faults: ['flap-broker-wire'], coreDelayMs: 500, transport: ackOnCurrentChannel },
  'no-unique-key': { faults: ['kill-sender'], intentKey: (key) => `${key}:${performance.now()}` },
  'no-lease': { faults: ['late-core-requests'], profile: 'longLease', database: rewriting(isClaim, withoutLease) },
  'lease-by-local-clock': { faults: ['skew-clock'], coreDelayMs: 500, database: rewriting(isClaim, byLocalClock) },
  'resend-without-inquiry': { faults: ['core-loses-answers'], cardCore: (core) => ({ ...core, findPurchase: async () => null }) },
  'any-commit-answer-is-success': { faults: ['lose-settlements'], coreDelayMs: 500, database: believing },
};

function perChannel(wrap: (channel: Channel) => Channel): (real: Transport) => Transport {
  return (real) => ({
    connect: async (options) => {
      const connection = await real.connect(options);
      return { ...connection, openChannel: async (wanted) => wrap(await connection.openChannel(wanted)) };
    },
  });
}

function ackOnDelivery(channel: Channel): Channel {
  const none = (): void => undefined;
  return {
    ...channel,
    consume: async (queue, tag, onDelivery) =>
      channel.consume(queue, tag, (delivery) => {
        if (delivery) channel.ack(delivery.deliveryTag);
        onDelivery(delivery);
      }),
    ack: none,
    nack: none,
    reject: none,
  };
}

function confirmAtOnce(channel: Channel): Channel {
  return {
    ...channel,
    publish: (message, onAnswer) => {
      channel.publish(message, () => undefined);
      onAnswer('ack');
    },
  };
}

/** As if a consumer kept `this.channel`: a late answer goes to whatever channel is open by then. */
function ackOnCurrentChannel(real: Transport): Transport {
  const current = new Map<string, Channel>();
  return perChannel((channel) => {
    let consumed = '';
    const now = (): Channel => current.get(consumed) ?? channel;
    return {
      ...channel,
      consume: async (queue, tag, onDelivery) => {
        consumed = queue;
        current.set(queue, channel);
        return channel.consume(queue, tag, onDelivery);
      },
      ack: (tag) => now().ack(tag),
      nack: (tag) => now().nack(tag),
      reject: (tag, requeue) => now().reject(tag, requeue),
    };
  })(real);
}

function believing(real: Database): Database {
  return {
    ...real,
    withTransaction: async (work) => {
      const done: Awaited<ReturnType<typeof work>>[] = [];
      try {
        return await real.withTransaction(async (tx) => {
          const result = await work(tx);
          done[0] = result;
          return result;
        });
      } catch (error) {
        if ((error instanceof AmbiguousCommit || error instanceof CommitRefused) && done.length > 0)
          return done[0] as (typeof done)[number];
        throw error;
      }
    },
    inOneStatement: async (work) => real.inOneStatement(async (tx) => work(believingTx(tx))),
  };
}

function believingTx(tx: Tx): Tx {
  return {
    ...tx,
    query: async (text, values) => {
      try {
        return await tx.query(text, values);
      } catch (error) {
        if (error instanceof AmbiguousCommit) return { rows: [], rowCount: 1 };
        throw error;
      }
    },
  };
}

function rewriting(meant: (text: string) => boolean, rewrite: (text: string) => string): (real: Database) => Database {
  const on = <Q extends Queryable>(target: Q): Q => ({
    ...target,
    query: async (text, values) => {
      const rewritten = meant(text) ? rewrite(text) : text;
      if (meant(text) && rewritten === text) throw new Error('this mutant does not fit its statement any more');
      return target.query(rewritten, values);
    },
  });
  return (real) => ({
    ...on(real),
    withTransaction: async (work) => real.withTransaction(async (tx) => work(on(tx))),
    inOneStatement: async (work) => real.inOneStatement(async (tx) => work(on(tx))),
  });
}

function isClaim(text: string): boolean {
  return text.includes('set claim = claim + 1');
}

function withoutLease(text: string): string {
  return text.replace('and (t.claimed_until is null or t.claimed_until <= clock_timestamp())', '');
}

function byLocalClock(text: string): string {
  return text.replaceAll('clock_timestamp()', `to_timestamp(${Date.now() / 1_000})`);
}

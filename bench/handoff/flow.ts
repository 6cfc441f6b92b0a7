// The hand-off at work: one relay more than needed, three consumers, and WAY4's simulator without delay, each a process of its own, and a
// driver that accepts purchases. Times are those that PostgreSQL wrote into the rows.

import { setTimeout as pause } from 'node:timers/promises';
import { acceptTransaction } from '../../db/transactions.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { createRecovery } from '../../test/chaos/recovery.ts';
import { openStage } from '../../test/chaos/stage.ts';
import type { Stage } from '../../test/chaos/stage.ts';
import { eventually } from '../../test/support/eventually.ts';
import { perPurchase, processorTimes } from './cpu.ts';
import type { ProcessorTimes } from './cpu.ts';

export interface Flow {
  /** Accepts as fast as purchases are settled, for so long; returns settled purchases per second, and what each cost the processors. */
  sustained(forMs: number): Promise<{ perSecond: number; cpuMs: ProcessorTimes }>;
  /** Accepts at this rate; returns the time from acceptance to outcome below which 99 of 100 lie, in milliseconds. */
  p99Ms(perSecond: number, forMs: number): Promise<number>;
  /** Strikes a consumer that has purchases in hand; returns when the first was delivered to another, and when nothing of before was open. */
  redelivery(how: 'kill' | 'freeze'): Promise<{ redeliveredMs: number; drainedMs: number }>;
  close(): Promise<void>;
}

const maxOpen = 400; // Enough to keep three consumers busy, few enough that nothing but the hand-off is waited for.
const lanes = 12;
const strikePerSecond = 30;
const coreDelayMs = 400;

export async function openFlow(servers: TestServers): Promise<Flow> {
  let settled = 0;
  let accepted = 0;
  const onReport = ({ kind }: { kind: string }): void => void (settled += kind === 'told' ? 1 : 0);
  const stage = await openStage({ servers, profile: 'production', sweeper: true, wired: false, onReport });
  const buy = buyer(stage);
  const quiet = async (): Promise<unknown> => eventually('all is settled', () => settled >= accepted, 120_000);

  async function atRate(perSecond: number, during: Promise<unknown>): Promise<void> {
    const timer = setInterval(() => {
      accepted += 1;
      void buy();
    }, 1_000 / perSecond);
    await during.finally(() => clearInterval(timer));
  }

  return {
    sustained: async (forMs) => {
      const startedAt = performance.now();
      const before = settled;
      const used = processorTimes(crewOf(stage));
      await Promise.all(
        Array.from({ length: lanes }, async () => {
          while (performance.now() - startedAt < forMs) {
            if (accepted - settled > maxOpen) await pause(5);
            else {
              accepted += 1;
              await buy();
            }
          }
        }),
      );
      const perSecond = (settled - before) / ((performance.now() - startedAt) / 1_000);
      const cpuMs = perPurchase(used, processorTimes(crewOf(stage)), settled - before);
      await quiet();
      return { perSecond, cpuMs };
    },
    p99Ms: async (perSecond, forMs) => {
      const { rows: at } = await stage.database.query<{ now: Date }>('select now() as now');
      await atRate(perSecond, pause(forMs));
      await quiet();
      const { rows } = await stage.database.query<{ p99: number }>(
        `select percentile_cont(0.99) within group (order by extract(epoch from settled_at - accepted_at) * 1000)::float8 as p99
         from transactions where accepted_at > $1`,
        [at[0]?.now],
      );
      return rows[0]?.p99 ?? Number.NaN;
    },
    redelivery: async (how) => {
      const recovery = createRecovery(stage.database);
      await stage.sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'slow', delayMs: coreDelayMs, times: 10_000 });
      const struck = strike(stage, how, recovery.healed);
      await atRate(strikePerSecond, struck);
      await stage.sandbox.clearFaults();
      await quiet();
      return { redeliveredMs: await struck, drainedMs: await recovery.worstMs() };
    },
    close: stage.close,
  };
}

function crewOf({ crew, sandbox, postgres, broker }: Stage): Record<string, number[]> {
  const known = (pids: (number | undefined)[]): number[] => pids.filter((pid) => pid !== undefined);
  const named = (prefix: string): number[] =>
    known([...crew].filter(([name]) => name.startsWith(prefix)).map(([, member]) => member.pid()));
  return {
    relays: named('relay'),
    consumers: named('consumer'),
    'WAY4 simulator': known([sandbox.pid()]),
    PostgreSQL: postgres.processes.map(({ pid }) => pid),
    RabbitMQ: broker.processes.map(({ pid }) => pid),
  };
}

/** Resolves with the time until another consumer was delivered what the victim had. */
async function strike({ crew }: Stage, how: 'kill' | 'freeze', struck: () => void): Promise<number> {
  const victim = crew.get('consumer-1');
  const others = ['consumer-2', 'consumer-3'].map((name) => crew.get(name));
  const redelivered = (): number => others.reduce((sum, member) => sum + (member?.evidence().redelivered ?? 0), 0);
  await pause(2_000); // the traffic flows
  const before = redelivered();
  const startedAt = performance.now();
  if (how === 'kill') await victim?.kill();
  else victim?.signal('SIGSTOP');
  struck();
  await eventually('its purchases are delivered to others', () => redelivered() > before, 60_000);
  const elapsedMs = performance.now() - startedAt;
  if (how === 'kill') victim?.start();
  else victim?.signal('SIGCONT');
  return elapsedMs;
}

function buyer({ accounts, database }: Stage): () => Promise<unknown> {
  const run = Date.now();
  const spacious = accounts.filter(({ limitVnd }) => limitVnd > 1_000_000_000);
  let n = 0;
  return async () => {
    n += 1;
    const intentKey = `bench:${run}:${n}`;
    const account = spacious[n % spacious.length];
    if (!account) throw new Error('there is no account');
    const { applicationId, merchantId, contractNumber } = account;
    const terms = { applicationId, merchantId, contractNumber, kind: 'purchase', amountVnd: 10_000, intentKey } as const;
    return database.withTransaction(async (tx) => acceptTransaction(tx, terms));
  };
}

// What can be ordered to go wrong. A fault is taken by the next call that it fits, as many times as it was ordered, and acts around the
// vendor's work: the vendor itself never knows. Orders live in memory only, so a restarted sandbox behaves well again.

import { setTimeout as delay } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { z } from 'zod';

export const faultOrder = z.strictObject({
  vendor: z.enum(['way4', 'cic', 'rekognition', 'sms']),
  /** Name of one operation, as the logs show it; every operation of the vendor when it is missing. */
  operation: z.string().min(1).max(40).optional(),
  fault: z.enum([
    /** Does the work, then waits `delayMs` before it answers. */
    'slow',
    /** Does nothing and answers 500. */
    'fail',
    /** Does nothing and answers that there were too many requests. */
    'throttle',
    /** Does and commits the work, then cuts the connection instead of answering. The most important one. */
    'drop_after_commit',
    /** Does the work twice, as when a proxy repeats a request, and answers what the second time gave. */
    'answer_twice',
    /** Does the work, then answers nonsense. */
    'garbage',
    /** Does nothing and cuts the connection. */
    'drop_before',
    /** Cuts the connection, and does the work only when the faults are cleared: long after the caller gave up and undid what they knew of. */
    'late',
  ]),
  /** How many calls it hits. */
  times: z.number().int().min(1).max(10_000).default(1),
  delayMs: z.number().int().min(0).max(60_000).optional(),
});

export type FaultOrder = z.output<typeof faultOrder>;

/** One fault that is about to happen. */
export interface Fault extends Pick<FaultOrder, 'fault' | 'delayMs'> {
  /** Takes work that is to be done when the faults are cleared. */
  postpone?(work: () => Promise<unknown>): void;
}

export interface Faults {
  order(order: FaultOrder): void;
  /** Forgets all orders and does what was left for later. */
  clear(): Promise<void>;
  /** What is still to happen. */
  pending(): FaultOrder[];
  /** The fault for this call, used up by one; undefined when none was ordered. */
  take(vendor: FaultOrder['vendor'], operation: string): Fault | undefined;
}

/** An empty list of orders; the oldest that fits is taken first. */
export function createFaults(): Faults {
  let orders: FaultOrder[] = [];
  let postponed: (() => Promise<unknown>)[] = [];
  return {
    order: (order) => void orders.push({ ...order }),
    async clear() {
      orders = [];
      const late = postponed;
      postponed = [];
      for (const work of late) await work();
    },
    pending: () => orders.map((order) => ({ ...order })),
    take: (vendor, operation) => {
      const found = orders.find((order) => order.vendor === vendor && (order.operation ?? operation) === operation);
      if (!found) return undefined;
      found.times -= 1;
      orders = orders.filter((order) => order.times > 0);
      return { ...found, postpone: (work) => void postponed.push(work) };
    },
  };
}

/** What every route of the sandbox may rely on: the socket (when it came over one), and a name for the log. */
export interface SandboxEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { operation: string };
}

/** Runs a vendor's work with a fault around it. */
export async function answerWith(
  c: Context<SandboxEnv>,
  fault: Fault | undefined,
  slowMs: number,
  work: () => Promise<Response>,
): Promise<Response> {
  if (!fault) return work();
  if (fault.fault === 'fail') return c.text('Internal error', 500);
  if (fault.fault === 'throttle') return c.text('Too many requests', 429, { 'retry-after': '1' });
  if (fault.fault === 'drop_before') return cut(c);
  if (fault.fault === 'late') {
    fault.postpone?.(work);
    return cut(c);
  }
  const answer = await work();
  if (fault.fault === 'slow') await delay(fault.delayMs ?? slowMs);
  if (fault.fault === 'drop_after_commit') return cut(c);
  if (fault.fault === 'answer_twice') return work();
  if (fault.fault === 'garbage')
    return new Response('<html>\u0000 {"half":', { headers: { 'content-type': answer.headers.get('content-type') ?? '' } });
  return answer;
}

/** Ends the connection without a byte of an answer. */
function cut(c: Context<SandboxEnv>): Response {
  c.env.incoming?.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

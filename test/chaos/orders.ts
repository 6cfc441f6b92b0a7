// What the campaign tells a process of its own when it starts it, and what the two say to each other afterwards.

import { z } from 'zod';
import type { Evidence } from './faults.ts';

export const orders = z.object({
  role: z.enum(['relay', 'consumer', 'sender']),
  name: z.string(),
  postgresUrl: z.string(),
  amqpUrl: z.string(),
  way4Url: z.string(),
  queue: z.string(),
  profile: z.enum(['production', 'quick', 'longLease', 'unswept']),
  sweeper: z.boolean(),
  mutant: z.string().optional(),
  /** The environment in which Temporal is found, where workflows wait for outcomes. */
  temporal: z.record(z.string(), z.string()).optional(),
  /** How far the clock of this process is off. */
  skewMs: z.number().optional(),
});
export type Orders = z.infer<typeof orders>;

/** One intent to be accepted; `order` finds its answer. */
export const sending = z.object({
  order: z.number(),
  intentKey: z.string(),
  applicationId: z.string(),
  merchantId: z.string(),
  contractNumber: z.string(),
  amountVnd: z.number(),
});
export type Sending = z.infer<typeof sending>;

/** What a process reports. `refused`: the same intent with other terms. `failed`: nobody knows; it is sent again. */
export type Report =
  | { kind: 'accepted'; order: number; transactionId: string; rrn: string; created: boolean }
  | { kind: 'refused' | 'failed'; order: number }
  /** The broker closed a channel on which a delivery was answered that it never made there. */
  | { kind: 'foreign answer' }
  /** The broker does not make a queue that does not work anew. */
  | { kind: 'unmendable' }
  | { kind: 'told'; transactionId: string; status: 'posted' | 'rejected' }
  /** Counted since this process started. */
  | { kind: 'evidence'; evidence: Partial<Evidence> };

// The fake core and the ears of the workflows, reachable from another process: a pool that is killed must not take its core with it.

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { VendorFailure } from '../../../domain/failures.ts';
import type { CardCore, CoreBooking, FoundBooking } from '../../../domain/ports.ts';
import type { Notify } from '../../../workers/outcome-notices.ts';
import type { World } from './world.ts';

/** Serves the core and the ears of a world on loopback until the test is over; returns the URL. */
export async function serveWorld(world: World): Promise<string> {
  const server = createServer((req, res) => {
    void answer(world, req).then((body) => res.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
}

const purchaseBody = z.object({
  rrn: z.string(),
  contractNumber: z.string(),
  merchantId: z.string(),
  merchantName: z.string(),
  amountVnd: z.number(),
  at: z.string(),
});
const inquiryBody = z.object({ rrn: z.string() });
const noticeBody = z.object({ transactionId: z.string(), status: z.string() });

async function answer(world: World, req: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(Buffer.from(chunk));
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  try {
    if (req.url === '/notice') {
      world.told.push(noticeBody.parse(body));
      return {};
    }
    if (req.url === '/inquiry') return { booking: await world.core.findPurchase(inquiryBody.parse(body).rrn, { reference: 'test' }) };
    return { booking: await world.core.purchase(purchaseBody.parse(body), { reference: 'test' }) };
  } catch (error) {
    if (error instanceof VendorFailure) return { failure: { kind: error.kind, code: error.code } };
    throw error;
  }
}

const posted = z.object({ kind: z.literal('posted'), rrn: z.string(), authCode: z.string(), availableVnd: z.number() });
const rejected = z.object({ kind: z.literal('rejected'), rrn: z.string(), code: z.string() });
const terms = { contractNumber: z.string(), amountVnd: z.number() };
const made: z.ZodType<CoreBooking> = z.discriminatedUnion('kind', [posted, rejected]);
const found: z.ZodType<FoundBooking> = z.discriminatedUnion('kind', [posted.extend(terms), rejected.extend(terms)]);
const failed = z.object({ kind: z.enum(['unavailable', 'unknown', 'busy', 'rejected', 'garbage']), code: z.string() });

async function call<T>(url: string, body: object, booking: z.ZodType<T>): Promise<T | null> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const reply = z.object({ booking: booking.nullish(), failure: failed.optional() }).parse(await response.json());
  if (reply.failure) throw new VendorFailure('way4', reply.failure.kind, reply.failure.code);
  return reply.booking ?? null;
}

/** The other end, in the process under test. */
export function remoteWorld(url: string): { cardCore: Pick<CardCore, 'findPurchase' | 'purchase'>; notify: Notify } {
  return {
    cardCore: {
      findPurchase: async (rrn) => call(`${url}/inquiry`, { rrn }, found),
      purchase: async (purchase) => {
        const booking = await call(`${url}/purchase`, purchase, made);
        if (!booking) throw new VendorFailure('way4', 'garbage', 'EMPTY');
        return booking;
      },
    },
    notify: async (notice) => void (await call(`${url}/notice`, notice, made)),
  };
}

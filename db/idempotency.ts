// The stored replies of merchants' creating calls. A reply is written in the transaction of its effect, so either both are there
// or neither is; a repeat with the same key gets the stored reply. The reply is encrypted: it may hold a checkout link.

import { z } from 'zod';
import type { Boxes } from './boxes.ts';
import { digest } from './documents.ts';
import { sqlState } from './pool.ts';
import type { Queryable, Tx } from './pool.ts';

export interface KeyedCall {
  merchantId: string;
  /** Names the route, so that one key may serve two operations. */
  operation: string;
  /** The client's own key, 1–255 characters. */
  key: string;
  /** Digest of what was asked. */
  fingerprint: Buffer;
}

export interface StoredReply {
  status: number;
  body: unknown;
}

type Claim =
  | { kind: 'mine' }
  | { kind: 'replay'; reply: StoredReply }
  /** The key was used with another body. */
  | { kind: 'other_body' }
  /** Another request with this key is being worked on right now. */
  | { kind: 'in_flight' };

export interface IdempotencyKeys {
  /** Claims the key for this transaction, or says who has it. Never waits. */
  claim(tx: Tx, call: KeyedCall): Promise<Claim>;
  /** Stores the reply of a claimed call. */
  keep(tx: Tx, call: KeyedCall, reply: StoredReply): Promise<void>;
  /** True when this very body was answered before, under whatever key. */
  wasAnswered(tx: Tx, call: KeyedCall): Promise<boolean>;
}

const sealedBody = z.object({ sealed: z.string() });

/** Stores replies in boxes of this maker. */
export function createIdempotencyKeys(boxes: Boxes): IdempotencyKeys {
  const place = (call: KeyedCall): string => `idempotency_keys.body:${call.merchantId}:${call.operation}:${call.key}`;
  return {
    async claim(tx, call) {
      if (!(await tryLock(tx, call))) return { kind: 'in_flight' };
      const stored = await readKey(tx, call);
      if (!stored) return { kind: 'mine' };
      if (!stored.fingerprint.equals(call.fingerprint)) return { kind: 'other_body' };
      const { sealed } = sealedBody.parse(stored.body);
      const body: unknown = JSON.parse(boxes.open(place(call), Buffer.from(sealed, 'base64')).toString());
      return { kind: 'replay', reply: { status: stored.status, body } };
    },
    async keep(tx, call, reply) {
      const sealed = boxes.seal(place(call), JSON.stringify(reply.body)).toString('base64');
      await tx.query(
        'insert into idempotency_keys (merchant_id, operation, key, fingerprint, status, body) values ($1, $2, $3, $4, $5, $6)',
        [call.merchantId, call.operation, call.key, call.fingerprint, reply.status, JSON.stringify({ sealed })],
      );
    },
    async wasAnswered(tx, call) {
      const { rows } = await tx.query(
        'select 1 from idempotency_keys where merchant_id = $1 and fingerprint = $2 and operation = $3 limit 1',
        [call.merchantId, call.fingerprint, call.operation],
      );
      return rows.length > 0;
    },
  };
}

async function readKey(db: Queryable, call: KeyedCall): Promise<{ fingerprint: Buffer; status: number; body: unknown } | null> {
  const { rows } = await db.query<{ fingerprint: Buffer; status: number; body: unknown }>(
    'select fingerprint, status, body from idempotency_keys where merchant_id = $1 and operation = $2 and key = $3',
    [call.merchantId, call.operation, call.key],
  );
  return rows[0] ?? null;
}

// Held until the transaction ends. Two keys that fall on the same 64 bits would only make one of them wait for a retry.
async function tryLock(tx: Tx, call: KeyedCall): Promise<boolean> {
  const number = digest(JSON.stringify([call.merchantId, call.operation, call.key])).readBigInt64BE();
  const { rows } = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [number.toString()]);
  return rows[0]?.locked === true;
}

/** True when PostgreSQL gave up waiting for a lock or ran out of time: nothing was stored, and a repeat may work. */
export function isBusy(error: unknown): boolean {
  return ['55P03', '57014', '40001', '40P01'].includes(sqlState(error) ?? '');
}

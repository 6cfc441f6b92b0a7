// One effect per Idempotency-Key (IETF draft "The Idempotency-Key HTTP Header Field"). For what the api stores, the reply is kept in
// the transaction of the effect and replayed; for commands to a workflow, the key becomes the update id and Temporal remembers.

import { digest, sha256 } from '../db/documents.ts';
import type { KeyedCall, StoredReply } from '../db/idempotency.ts';
import type { Tx } from '../db/pool.ts';
import { ownsStaffKey } from '../db/staff-keys.ts';
import type { StaffKey } from '../db/staff-keys.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { actorOf } from './environment.ts';
import type { ApiContext, ApiDeps } from './environment.ts';
import { Problem } from './problems.ts';

/** The key of a request that must have one. Quoted, as the draft writes it, or bare. */
export function requiredKey(c: ApiContext): string {
  const key = readKey(c);
  if (key === undefined) {
    throw new Problem('IDEMPOTENCY_KEY_MISSING', {
      detail: 'Send an `Idempotency-Key` header, new for every intent and the same for every repeat.',
    });
  }
  return key;
}

/** The same for a command of staff, where one key stands for one request. Throws IDEMPOTENCY_KEY_REUSED when this person gave it to another
 *  command, application or body. Call it when the body is known to be right, so that a slip of the pen costs no key. */
export async function requiredStaffKey(c: ApiContext, { database }: Pick<ApiDeps, 'database'>): Promise<StaffKey> {
  const id = digest(`${actorOf(c)} ${requiredKey(c)}`);
  const key = { id, fingerprint: fingerprint([c.req.method, c.req.path, await c.req.json()]) };
  if (!(await ownsStaffKey(database, key)))
    throw new Problem('IDEMPOTENCY_KEY_REUSED', { detail: 'Nothing was done. Use a new key for a new request.' });
  return key;
}

function readKey(c: ApiContext): string | undefined {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem('IDEMPOTENCY_KEY_INVALID', { detail: 'An Idempotency-Key has 1–255 printable ASCII characters and no spaces.' });
  }
  return key;
}

/** The update id of a command: made from the key when there is one, so that a repeat gets the first answer, else the request id. Two who
 *  happen to choose the same key do not get each other's answers. The key itself stays out of Temporal, for it may hold anything. */
export function commandId(c: ApiContext, operation: string): string {
  const key = readKey(c);
  if (key === undefined) return c.get('requestId');
  const whose = c.get('staff')?.actor ?? c.get('keyHolder')?.merchantId ?? 'customer';
  return `${operation}:${sha256(`${whose} ${key}`).slice(0, 32)}`;
}

/** The digest by which two bodies are told apart; equal whatever the order of their members. */
export function fingerprint(body: unknown): Buffer {
  return digest(canonicalJson(body));
}

/** Runs the effect once per key and returns its reply, or the stored one. What the effect throws undoes everything, the key included.
 *  Throws IDEMPOTENCY_KEY_REUSED and IDEMPOTENCY_IN_FLIGHT. */
export async function once(
  { database, idempotencyKeys }: Pick<ApiDeps, 'database' | 'idempotencyKeys'>,
  call: KeyedCall,
  effect: (tx: Tx) => Promise<StoredReply>,
): Promise<StoredReply & { replayed: boolean }> {
  return database.withTransaction(async (tx) => {
    const claim = await idempotencyKeys.claim(tx, call);
    if (claim.kind === 'replay') return { ...claim.reply, replayed: true };
    if (claim.kind === 'other_body') throw new Problem('IDEMPOTENCY_KEY_REUSED', { detail: 'Use a new key for a new request.' });
    if (claim.kind === 'in_flight')
      throw new Problem('IDEMPOTENCY_IN_FLIGHT', { detail: 'Repeat the request a little later to get its reply.' });
    const reply = await effect(tx);
    await idempotencyKeys.keep(tx, call, reply);
    return { ...reply, replayed: false };
  });
}

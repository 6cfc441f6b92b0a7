// Merchants and their api keys. A key is shown once, when it is made; what is kept is a digest of it and a public part that finds
// the row. The secret has 256 random bits, so a plain SHA-256 is as strong as a slow hash.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { apiLimits } from '../config/limits.ts';
import { digest } from './documents.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export const scopes = ['applications:read', 'applications:write'] as const;
export type Scope = (typeof scopes)[number];

export interface MerchantRow {
  id: string;
  name: string;
}

/** Who a request comes from, and what they may do. */
export interface KeyHolder {
  keyId: string;
  merchantId: string;
  merchantName: string;
  scopes: readonly string[];
}

/** The merchant, or null for an unknown id. */
export async function readMerchant(db: Queryable, id: string): Promise<MerchantRow | null> {
  const { rows } = await db.query<MerchantRow>('select id, name from merchants where id = $1', [id]);
  return rows[0] ?? null;
}

/** Adds a merchant and returns its id. With an `id`, a repeat keeps the first. */
export async function addMerchant(tx: Tx, merchant: { name: string; id?: string }): Promise<string> {
  const id = merchant.id ?? newId('merchant');
  await tx.query('insert into merchants (id, name) values ($1, $2) on conflict (id) do nothing', [id, merchant.name]);
  return id;
}

/** Makes a key and returns it; it cannot be read again. Form: `trasau_test_sk_<lookup>_<secret><checksum>`, all hexadecimal. */
export async function issueApiKey(
  tx: Tx,
  key: { merchantId: string; scopes: readonly Scope[]; mode: 'test' | 'live' },
): Promise<{ keyId: string; apiKey: string }> {
  const keyId = newId('apiKey');
  const lookup = randomBytes(4).toString('hex');
  const body = `trasau_${key.mode}_sk_${lookup}_${randomBytes(32).toString('hex')}`;
  const apiKey = body + checksum(body);
  await tx.query('insert into api_keys (id, merchant_id, lookup, secret_hash, scopes) values ($1, $2, $3, $4, $5)', [
    keyId,
    key.merchantId,
    lookup,
    digest(apiKey),
    key.scopes,
  ]);
  return { keyId, apiKey };
}

/** Ends a key at once. Repeat: the first time stands. */
export async function revokeApiKey(tx: Tx, keyId: string): Promise<void> {
  await tx.query('update api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1', [keyId]);
}

const keyForm = /^trasau_(?:test|live)_sk_([0-9a-f]{8})_[0-9a-f]{64}[0-9a-f]{8}$/;

/** Who holds this key, or null when it is malformed, unknown or revoked. A typing error shows in the checksum, before the database is asked. */
export async function holderOfApiKey(db: Queryable, apiKey: string): Promise<KeyHolder | null> {
  const lookup = keyForm.exec(apiKey)?.[1];
  if (lookup === undefined || checksum(apiKey.slice(0, -8)) !== apiKey.slice(-8)) return null;
  const { rows } = await db.query<{ id: string; merchant_id: string; name: string; scopes: string[]; secret_hash: Buffer }>(
    `select k.id, k.merchant_id, m.name, k.scopes, k.secret_hash from api_keys k join merchants m on m.id = k.merchant_id
     where k.lookup = $1 and k.revoked_at is null`,
    [lookup],
  );
  const row = rows[0];
  // The comparison takes place for an unknown key too, so that the time tells nothing.
  if (!timingSafeEqual(digest(apiKey), row?.secret_hash ?? Buffer.alloc(32)) || !row) return null;
  await db.query(
    `update api_keys set last_used_at = now() where id = $1 and (last_used_at is null or last_used_at < now() - $2 * interval '1 second')`,
    [row.id, apiLimits.keyLastUsedStepSeconds],
  );
  return { keyId: row.id, merchantId: row.merchant_id, merchantName: row.name, scopes: row.scopes };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

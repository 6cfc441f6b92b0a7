// Secrets of a developer's own system: made once by chance, kept in one file that only its owner can read, never shared between clones. They
// are real secrets in form and length, so the code that reads them is the code that runs in production; only their origin differs.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a secret looks like: `key` 32 bytes in base64 (for ciphers and blind indexes), `token` 32 characters that are safe in addresses and files,
 *  `keyRing` one key with an id, in the form of PAYLOAD_KEYS. */
export type SecretKind = 'key' | 'token' | 'keyRing';

/** Everything that Trasau's processes and its own servers keep secret. */
export const SECRET_KINDS = {
  DATA_KEY: 'key',
  INDEX_KEY: 'key',
  PAYLOAD_KEYS: 'keyRing',
  CIC_CALLBACK_SECRET: 'token',
  CIC_API_KEY: 'token',
  SMS_API_KEY: 'token',
  SMS_API_SECRET: 'token',
  AWS_ACCESS_KEY_ID: 'token',
  AWS_SECRET_ACCESS_KEY: 'token',
  ESIGN_P12_PASSWORD: 'token',
  POSTGRES_PASSWORD: 'token',
  RABBITMQ_PASSWORD: 'token',
  ERLANG_COOKIE: 'token',
} as const satisfies Record<string, SecretKind>;

export type SecretName = keyof typeof SECRET_KINDS;
export type Secrets<Name extends string = SecretName> = Record<Name, string>;

const FILE_NAME = 'secrets.json';

/** The named secrets of `folder`; those that are not there yet are made and kept. Repeat: the same values. */
export function ensureSecrets<Name extends string>(folder: string, kinds: Record<Name, SecretKind>): Secrets<Name> {
  const file = join(folder, FILE_NAME);
  const known: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const names = Object.keys(kinds) as Name[]; // the keys of the record are its names
  const secrets = Object.fromEntries(names.map((name) => [name, typeof known[name] === 'string' ? known[name] : makeSecret(kinds[name])]));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...known, ...secrets }, null, 2)}\n`, { mode: 0o600 });
  return secrets as Secrets<Name>; // built from exactly these names
}

/** One new secret. */
export function makeSecret(kind: SecretKind): string {
  if (kind === 'token') return randomBytes(24).toString('base64url');
  const key = randomBytes(32).toString('base64');
  return kind === 'key' ? key : `first:${key}`;
}

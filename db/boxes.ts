// Personal data is encrypted before it reaches PostgreSQL: the server, its logs and its backups never see it in the clear.
// A box is bound to its place (table, column and row), so that a box moved to another row does not open.

import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

export type IndexedKind = 'phone' | 'national_id' | 'device' | 'checkout_link';

export interface Boxes {
  /** Encrypts with AES-256-GCM. `place` is `<table>.<column>:<rowId>` and must be the same when the box is opened. */
  seal(place: string, clear: Uint8Array | string): Buffer;
  /** Decrypts. Throws when the box was changed, cut, made with another key, or comes from another place. */
  open(place: string, box: Uint8Array): Buffer;
  /** Keyed hash that finds equal values without storing them. */
  index(kind: IndexedKind, value: string): Buffer;
}

/** @param keys two independent keys of 32 bytes: one to encrypt, one to index. */
export function createBoxes(keys: { dataKey: Uint8Array; indexKey: Uint8Array }): Boxes {
  const dataKey = createSecretKey(keys.dataKey);
  // One key per place keeps the number of messages under a key far below the bound of random nonces.
  const keyOf = (place: string): KeyObject => createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, '', `trasau/v1/${place}`, 32)));
  return {
    seal(place, clear) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', keyOf(place), nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(clear), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
    },
    open(place, box) {
      const bytes = Buffer.from(box);
      if (bytes.length < headerBytes || bytes[0] !== version) throw new Error('this is not a box of a known version');
      const nonce = bytes.subarray(1, 1 + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(place), nonce)
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(1 + nonceBytes, headerBytes));
      return Buffer.concat([decipher.update(bytes.subarray(headerBytes)), decipher.final()]);
    },
    index: (kind, value) => createHmac('sha256', keys.indexKey).update(`${kind}:${value}`).digest(),
  };
}

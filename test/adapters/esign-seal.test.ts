import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import { PDF } from '@libpdf/core';
import { createPdfSealer } from '../../adapters/esign/seal.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { ensureDevelopmentCertificate } from '../../infra/local/certificate.ts';
import { verifySeal } from '../support/verify-seal.ts';

const folder = mkdtempSync(join(tmpdir(), 'trasau-seal-'));
const password = 'only for this test';
const at = new Date(Math.floor(Date.now() / 1_000) * 1_000);
let p12: Uint8Array;
let paper: Uint8Array;
let sealed: Uint8Array;

before(async () => {
  p12 = readFileSync((await ensureDevelopmentCertificate(folder, password)).p12File);
  const pdf = PDF.create();
  pdf.addPage().drawText('A paper to be sealed', { x: 72, y: 720 });
  paper = await pdf.save();
  sealed = await createPdfSealer({ p12, password }).seal(paper, { reason: 'Contract TS0000000042', at });
});

after(() => rmSync(folder, { recursive: true }));

test('a sealed contract carries exactly one PAdES signature over the whole file, by the platform, at the given time', () => {
  const { signer, ...seal } = verifySeal(sealed);
  assert.deepEqual(seal, {
    signatures: 1,
    subFilter: 'ETSI.CAdES.detached',
    coversWholeFile: true,
    digestMatches: true,
    signatureMatches: true,
    chainHolds: true,
    signedAt: at,
    attributes: seal.attributes,
  });
  assert.match(signer.subject, /Trasau contract seal/);
});

test('the signed attributes are those of the PAdES baseline, and the one beyond it is known', () => {
  const names: Record<string, string> = {
    '1.2.840.113549.1.9.3': 'contentType',
    '1.2.840.113549.1.9.4': 'messageDigest',
    '1.2.840.113549.1.9.16.2.47': 'signingCertificateV2',
    '1.2.840.113549.1.9.52': 'cmsAlgorithmProtection',
    '1.2.840.113549.1.9.5': 'signingTime, which the baseline leaves out',
  };
  const { attributes } = verifySeal(sealed);
  assert.deepEqual(attributes.map((each) => names[each] ?? each).sort(), Object.values(names).sort());
});

test('the paper that was signed is inside the sealed file byte for byte', () => {
  assert.ok(Buffer.from(sealed).subarray(0, paper.length).equals(Buffer.from(paper)));
});

test('one changed bit anywhere in the paper shows', () => {
  for (const place of [20, Math.floor(paper.length / 2), paper.length - 10, sealed.length - 3]) {
    const changed = Uint8Array.from(sealed);
    changed[place] = (changed[place] ?? 0) ^ 1;
    assert.equal(verifySeal(changed).digestMatches, false, `byte ${place}`);
  }
});

test('a forged digest shows in the signature', () => {
  const file = Buffer.from(sealed);
  const digestAttribute = file.toString('latin1').toLowerCase().indexOf('2a864886f70d010904');
  assert.ok(digestAttribute > 0);
  // Eleven bytes of DER headers and the identifier stand before the 32 bytes of the digest.
  const digit = digestAttribute + 18 + 8 + 10;
  file[digit] = file[digit] === 0x30 ? 0x31 : 0x30;
  const { digestMatches, signatureMatches } = verifySeal(file);
  assert.deepEqual([digestMatches, signatureMatches], [false, false]);
});

test('bytes added after the seal show, though the signature itself stays right', () => {
  const { coversWholeFile, digestMatches } = verifySeal(Buffer.concat([sealed, Buffer.from('\n% more')]));
  assert.deepEqual([coversWholeFile, digestMatches], [false, true]);
});

test('a certificate of another authority does not pass as ours', async () => {
  const other = mkdtempSync(join(tmpdir(), 'trasau-seal-'));
  try {
    const { caFile } = await ensureDevelopmentCertificate(other, password);
    const { X509Certificate } = await import('node:crypto');
    const theirs = new X509Certificate(readFileSync(caFile));
    const ours = new X509Certificate(readFileSync(join(folder, 'ca.pem')));
    const { signer } = verifySeal(sealed);
    assert.deepEqual([signer.verify(ours.publicKey), signer.verify(theirs.publicKey)], [true, false]);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('a seal that cannot be put on fails with a code that says why, and with nothing secret', async () => {
  const sealer = createPdfSealer({ p12, password });
  const cases: [string, () => Promise<unknown>][] = [
    ['CERTIFICATE_UNUSABLE', () => createPdfSealer({ p12, password: 'wrong' }).seal(paper, { reason: 'r', at })],
    ['CERTIFICATE_UNUSABLE', () => createPdfSealer({ p12: new Uint8Array(9), password }).seal(paper, { reason: 'r', at })],
    ['CERTIFICATE_NOT_VALID', () => sealer.seal(paper, { reason: 'r', at: new Date('2001-01-01T00:00:00Z') })],
    ['CERTIFICATE_NOT_VALID', () => sealer.seal(paper, { reason: 'r', at: new Date('2101-01-01T00:00:00Z') })],
    ['NOT_A_PDF', () => sealer.seal(Buffer.from('hello'), { reason: 'r', at })],
    ['NOT_A_PDF', () => sealer.seal(Buffer.from('%PDF-1.7 hello'), { reason: 'r', at })],
    ['NOT_A_PDF', () => sealer.seal(new Uint8Array(), { reason: 'r', at })],
    ['ALREADY_SEALED', () => sealer.seal(sealed, { reason: 'r', at })],
  ];
  for (const [code, attempt] of cases) {
    await assert.rejects(attempt(), (failure) => {
      assert.ok(failure instanceof VendorFailure);
      assert.deepEqual([failure.vendor, failure.kind, failure.code], ['esign', 'rejected', code]);
      assert.ok(!failure.message.includes(password));
      return true;
    });
  }
});

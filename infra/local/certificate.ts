// The certificate that seals contracts on a developer's machine. A small authority of its own signs it, so that a reader can be told to trust
// the authority and then shows the seal as valid. It proves nothing to anybody else, and says so in its names. Production brings its own file.

import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import * as pkijs from 'pkijs';

export interface DevelopmentCertificate {
  /** PKCS#12: the key, its certificate and the authority's, in the order in which P12Signer of @libpdf/core expects them. */
  p12File: string;
  /** The authority's certificate, for a reader's list of trusted ones. */
  caFile: string;
}

const KEY = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const VALID_YEARS = 2;
const DAY_MS = 86_400_000;
// A certificate about to expire is replaced; contracts that were sealed with it keep their seal.
const RENEW_BEFORE_DAYS = 30;
const PBE_ITERATIONS = 10_000;

const OID = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  documentSigning: '1.3.6.1.5.5.7.3.36',
  localKeyId: '1.2.840.113549.1.9.21',
  keyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
};
// Bits of the key usage extension, first octet, with the number of unused bits at its end.
const USAGE = { signContracts: { bits: 0b1100_0000, unused: 6 }, signCertificates: { bits: 0b0000_0110, unused: 1 } };

/** Makes `dev.p12` and `ca.pem` in the folder, or returns those that are there and still good. The password must be the same at every call. */
export async function ensureDevelopmentCertificate(folder: string, password: string): Promise<DevelopmentCertificate> {
  const files = { p12File: join(folder, 'dev.p12'), caFile: join(folder, 'ca.pem') };
  if (existsSync(files.p12File) && existsSync(files.caFile) && !expiresSoon(files.caFile)) return files;
  const made = await makeCertificates();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const p12 = await packP12(made, password);
  writeWhole(files.caFile, pemOf(made.ca), 0o644);
  writeWhole(files.p12File, p12, 0o600);
  return files;
}

function expiresSoon(caFile: string): boolean {
  return new X509Certificate(readFileSync(caFile)).validToDate.getTime() < Date.now() + RENEW_BEFORE_DAYS * DAY_MS;
}

/** A file is there whole or not at all, however the process ends. */
function writeWhole(file: string, content: string | Uint8Array, mode: number): void {
  writeFileSync(`${file}.part`, content, { mode });
  renameSync(`${file}.part`, file);
}

interface Made {
  key: webcrypto.CryptoKey;
  leaf: pkijs.Certificate;
  ca: pkijs.Certificate;
}

async function makeCertificates(): Promise<Made> {
  const [caKeys, keys] = await Promise.all([newKeyPair(), newKeyPair()]);
  const authority = nameOf('Trasau authority (development only)');
  const ca = await certify({
    subject: authority,
    issuer: authority,
    publicKey: caKeys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [constraint(true), usage(USAGE.signCertificates)],
  });
  const leaf = await certify({
    subject: nameOf('Trasau contract seal (development only)'),
    issuer: authority,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [constraint(false), usage(USAGE.signContracts), purpose(OID.documentSigning)],
  });
  return { key: keys.privateKey, leaf, ca };
}

function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
}

interface CertificateRequest {
  subject: pkijs.RelativeDistinguishedNames;
  issuer: pkijs.RelativeDistinguishedNames;
  publicKey: webcrypto.CryptoKey;
  signingKey: webcrypto.CryptoKey;
  extensions: pkijs.Extension[];
}

async function certify({ subject, issuer, publicKey, signingKey, extensions }: CertificateRequest): Promise<pkijs.Certificate> {
  const certificate = new pkijs.Certificate({
    version: 2,
    // Positive and random, as RFC 5280 asks.
    serialNumber: new Integer({ valueHex: toBuffer([0x01, ...randomBytes(15)]) }),
    subject,
    issuer,
    notBefore: new pkijs.Time({ type: pkijs.TimeType.UTCTime, value: new Date(Date.now() - DAY_MS) }),
    notAfter: new pkijs.Time({ type: pkijs.TimeType.UTCTime, value: new Date(Date.now() + VALID_YEARS * 365 * DAY_MS) }),
    extensions,
  });
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  await certificate.sign(signingKey, 'SHA-256');
  return certificate;
}

function nameOf(commonName: string): pkijs.RelativeDistinguishedNames {
  const type = OID.commonName;
  return new pkijs.RelativeDistinguishedNames({
    typesAndValues: [new pkijs.AttributeTypeAndValue({ type, value: new Utf8String({ value: commonName }) })],
  });
}

function constraint(isAuthority: boolean): pkijs.Extension {
  const value = new pkijs.BasicConstraints(isAuthority ? { cA: true, pathLenConstraint: 0 } : { cA: false });
  return extension(OID.basicConstraints, true, value.toSchema().toBER(false));
}

function usage({ bits, unused }: { bits: number; unused: number }): pkijs.Extension {
  return extension(OID.keyUsage, true, new BitString({ valueHex: toBuffer([bits]), unusedBits: unused }).toBER(false));
}

function purpose(oid: string): pkijs.Extension {
  return extension(OID.extendedKeyUsage, false, new pkijs.ExtKeyUsage({ keyPurposes: [oid] }).toSchema().toBER(false));
}

function extension(extnID: string, critical: boolean, extnValue: ArrayBuffer): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue });
}

function toBuffer(bytes: number[]): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function pemOf(certificate: pkijs.Certificate): string {
  return new X509Certificate(Buffer.from(certificate.toSchema().toBER(false))).toString();
}

/** PKCS#12 with the key under PBES2 (AES-256) and a SHA-256 MAC: what today's OpenSSL writes, and what @libpdf/core reads. */
async function packP12({ key, leaf, ca }: Made, password: string): Promise<Uint8Array> {
  const secret = new TextEncoder().encode(password).buffer;
  const protection = {
    password: secret,
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: PBE_ITERATIONS,
  };
  const keyBag = new pkijs.PKCS8ShroudedKeyBag({
    parsedValue: pkijs.PrivateKeyInfo.fromBER(await webcrypto.subtle.exportKey('pkcs8', key)),
  });
  await keyBag.makeInternalValues(protection);
  const keyId = [new pkijs.Attribute({ type: OID.localKeyId, values: [new OctetString({ valueHex: toBuffer([1]) })] })];
  const shrouded = new pkijs.SafeBag({ bagId: OID.keyBag, bagValue: keyBag, bagAttributes: keyId });
  const bags = [shrouded, certificateBag(leaf, keyId), certificateBag(ca)];
  const pfx = new pkijs.PFX({
    parsedValue: {
      integrityMode: 0,
      authenticatedSafe: new pkijs.AuthenticatedSafe({
        parsedValue: { safeContents: [{ privacyMode: 0, value: new pkijs.SafeContents({ safeBags: bags }) }] },
      }),
    },
  });
  if (pfx.parsedValue?.authenticatedSafe === undefined) throw new Error('A PKCS#12 file without content was made.');
  await pfx.parsedValue.authenticatedSafe.makeInternalValues({ safeContents: [{}] });
  await pfx.makeInternalValues({
    password: secret,
    iterations: PBE_ITERATIONS,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  });
  return new Uint8Array(pfx.toSchema().toBER(false));
}

function certificateBag(certificate: pkijs.Certificate, bagAttributes?: pkijs.Attribute[]): pkijs.SafeBag {
  const attributes = bagAttributes === undefined ? {} : { bagAttributes };
  return new pkijs.SafeBag({ bagId: OID.certificateBag, bagValue: new pkijs.CertBag({ parsedValue: certificate }), ...attributes });
}

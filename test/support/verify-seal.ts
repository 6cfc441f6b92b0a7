// Reads a seal with nothing but node:crypto and forty lines of DER, so that the tests do not ask the library that made it.

import { createHash, verify, X509Certificate } from 'node:crypto';

export interface SealFindings {
  /** Signatures in the file. */
  signatures: number;
  subFilter: string;
  /** The signature covers every byte of the file but itself. */
  coversWholeFile: boolean;
  /** The digest of the covered bytes is the one that was signed. */
  digestMatches: boolean;
  /** The signature over the signed attributes is the signer's. */
  signatureMatches: boolean;
  /** Object identifiers of the signed attributes. */
  attributes: string[];
  /** Every certificate of the chain was issued by the next, the last by itself; signer first. */
  chainHolds: boolean;
  signer: X509Certificate;
  signedAt: Date;
}

const oid = {
  sha256: '2.16.840.1.101.3.4.2.1',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
};

/** What the seal of this file says. Throws when there is none or it cannot be read. */
export function verifySeal(pdf: Uint8Array): SealFindings {
  const file = Buffer.from(pdf);
  const text = file.toString('latin1');
  const ranges = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)];
  const [start = -1, before = 0, resume = 0, after = 0] = (ranges[0] ?? []).slice(1).map(Number);
  if (start < 0) throw new Error('no seal');
  const covered = Buffer.concat([file.subarray(start, start + before), file.subarray(resume, resume + after)]);
  const hex = text.slice(before + 1, resume - 1);
  const signed = readSignedData(Buffer.from(hex, 'hex'));
  const digest = createHash('sha256').update(covered).digest();
  const signer = signed.certificates.find((certificate) => certificate.serialNumber === signed.serialNumber);
  if (!signer) throw new Error('the signer is not among the certificates');
  return {
    signatures: ranges.length,
    subFilter: /\/SubFilter\s*\/([\w.]+)/.exec(text)?.[1] ?? '',
    coversWholeFile:
      start === 0 && text[before] === '<' && text[resume - 1] === '>' && /^[0-9a-f]+$/i.test(hex) && resume + after === file.length,
    digestMatches: digest.equals(signed.messageDigest) && signed.digestAlgorithm === oid.sha256,
    signatureMatches: verify('sha256', signed.attributesDer, signer.publicKey, signed.signature),
    attributes: signed.attributes,
    chainHolds: chainHolds(signer, signed.certificates),
    signer,
    signedAt: signed.signedAt,
  };
}

function chainHolds(signer: X509Certificate, all: X509Certificate[]): boolean {
  for (let current = signer, depth = 0; depth < 5; depth += 1) {
    const issuer = all.find((each) => current.checkIssued(each) && current.verify(each.publicKey));
    if (!issuer) return false;
    if (issuer === current) return true;
    current = issuer;
  }
  return false;
}

interface Der {
  tag: number;
  /** Header and content. */
  whole: Buffer;
  content: Buffer;
}

function readSignedData(cms: Buffer) {
  const [, explicit] = items(readOne(cms).content);
  const [, , , certificates, signerInfos] = items(items(must(explicit).content)[0]?.content ?? Buffer.alloc(0));
  const [, id, digestAlgorithm, attributes, , signature] = items(items(must(signerInfos).content)[0]?.content ?? Buffer.alloc(0));
  const signedAttributes = items(must(attributes).content).map((attribute) => items(attribute.content));
  const value = (type: string) => must(signedAttributes.find(([key]) => key && readOid(key.content) === type)?.[1]).content;
  // The signature is over the attributes as a SET, though they stand in the message under a context tag (RFC 5652, 5.4).
  const attributesDer = Buffer.from(must(attributes).whole);
  attributesDer[0] = 0x31;
  return {
    certificates: items(must(certificates).content).map((each) => new X509Certificate(each.whole)),
    serialNumber: must(items(must(id).content)[1])
      .content.toString('hex')
      .toUpperCase(),
    digestAlgorithm: readOid(must(items(must(digestAlgorithm).content)[0]).content),
    attributes: signedAttributes.map(([key]) => readOid(must(key).content)),
    attributesDer,
    messageDigest: readOne(value(oid.messageDigest)).content,
    signedAt: readUtcTime(readOne(value(oid.signingTime)).content.toString()),
    signature: must(signature).content,
  };
}

function items(content: Buffer): Der[] {
  const found: Der[] = [];
  for (let rest = content; rest.length > 0; rest = rest.subarray(must(found.at(-1)).whole.length)) found.push(readOne(rest));
  return found;
}

function readOne(bytes: Buffer): Der {
  const first = bytes.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  return { tag: bytes.readUInt8(0), whole: bytes.subarray(0, start + length), content: bytes.subarray(start, start + length) };
}

function readOid(content: Buffer): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of content) {
    part = part * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(part);
      part = 0;
    }
  }
  const [first = 0, ...more] = parts;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...more].join('.');
}

/** yyMMddHHmmssZ */
function readUtcTime(text: string): Date {
  const [, year, month, day, hour, minute, second] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return new Date(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the signature cannot be read');
  return value;
}

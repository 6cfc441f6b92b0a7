// Who signed a call (AWS Signature Version 4): the signature is made again with the secret that the sandbox shares with the system, by the
// code that Amazon's own clients sign with, and compared. What is wrong is a value: each service has names of its own for it.

import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { sandboxLimits } from '../../config/sandbox-limits.ts';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedCall {
  method: string;
  url: URL;
  headers: Headers;
  body: Uint8Array;
}

export type SignatureVerdict =
  | 'valid'
  | 'missing'
  | 'incomplete'
  | 'other_service'
  | 'unknown_key'
  | 'expired'
  | 'not_yet'
  | 'other_body'
  | 'mismatch';

interface SignatureRules {
  credentials: AwsCredentials;
  /** As it stands in the scope of the credential. */
  service: 'rekognition' | 's3';
  /** Headers that must be signed. */
  signed: readonly string[];
}

/** Says whether the call was signed with our secret, for this service, within minutes of now, over the body that came. */
export async function verifySignature(call: SignedCall, rules: SignatureRules): Promise<SignatureVerdict> {
  const { credentials, service } = rules;
  const authorization = call.headers.get('authorization');
  if (authorization === null) return 'missing';
  const claim = readClaim(authorization, call.headers.get('x-amz-date') ?? '');
  if (!claim) return 'incomplete';
  if (claim.service !== service) return 'other_service';
  if (claim.keyId !== credentials.accessKeyId) return 'unknown_key';
  const ageMs = Date.now() - claim.signedAt.getTime();
  if (ageMs > sandboxLimits.signatureSkewMs) return 'expired';
  if (ageMs < -sandboxLimits.signatureSkewMs) return 'not_yet';
  const headers = Object.fromEntries(claim.signedHeaders.map((name) => [name, call.headers.get(name) ?? '']));
  if (!rules.signed.every((name) => headers[name])) return 'mismatch';
  const bodySha256 = call.headers.get('x-amz-content-sha256');
  if (bodySha256 !== null && bodySha256 !== sha256(call.body)) return 'other_body';
  return equals(await signatureOf(call, headers, claim, rules), claim.signature) ? 'valid' : 'mismatch';
}

interface Claim {
  keyId: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
  signedAt: Date;
}

/** What the header says of itself; undefined when it is not whole, or of another day than its scope. */
function readClaim(authorization: string, date: string): Claim | undefined {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(authorization);
  const [, credential = '', signedHeaders = '', signature = ''] = parts ?? [];
  const [keyId, day, region, service, end, ...rest] = credential.split('/');
  if (!parts || !keyId || !region || !service || end !== 'aws4_request' || rest.length > 0) return undefined;
  if (!/^\d{8}T\d{6}Z$/.test(date) || date.slice(0, 8) !== day) return undefined;
  const signedAt = new Date(date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  return { keyId, region, service, signedHeaders: signedHeaders.split(';'), signature, signedAt };
}

async function signatureOf(
  { method, url, body }: SignedCall,
  headers: Record<string, string>,
  { region, signedHeaders, signedAt }: Claim,
  { credentials, service }: SignatureRules,
): Promise<string> {
  // S3 alone takes the path as it came, and not escaped once more.
  const how = { sha256: Sha256, applyChecksum: false, uriEscapePath: service !== 's3' };
  const signer = new SignatureV4({ ...how, credentials, region, service });
  const query = Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]));
  const request = { method, protocol: url.protocol, hostname: url.hostname, path: url.pathname, query, headers, body };
  const signed = await signer.sign(request, { signingDate: signedAt, signableHeaders: new Set(signedHeaders) });
  return /Signature=([0-9a-f]{64})$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
}

function equals(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

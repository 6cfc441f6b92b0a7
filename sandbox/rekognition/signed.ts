// The names that Rekognition gives to what is wrong with a signature.

import { AwsFailure } from '../aws/aws-failure.ts';
import { verifySignature } from '../aws/signature.ts';
import type { AwsCredentials, SignatureVerdict, SignedCall } from '../aws/signature.ts';

const mismatch = 'The request signature we calculated does not match the signature you provided.';

const failures: Record<Exclude<SignatureVerdict, 'valid'>, [type: string, message: string]> = {
  missing: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
  incomplete: ['IncompleteSignatureException', 'Authorization header is not complete.'],
  other_service: ['InvalidSignatureException', "Credential should be scoped to correct service: 'rekognition'."],
  unknown_key: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  expired: ['InvalidSignatureException', 'Signature expired: it is earlier than five minutes ago.'],
  not_yet: ['InvalidSignatureException', 'Signature not yet current: it is later than in five minutes.'],
  other_body: ['InvalidSignatureException', mismatch],
  mismatch: ['InvalidSignatureException', mismatch],
};

/** Throws {@link AwsFailure} unless the holder of the credentials signed the call just now. */
export async function checkSignature(call: SignedCall, credentials: AwsCredentials): Promise<void> {
  const signed = ['host', 'x-amz-date', 'x-amz-target'];
  const verdict = await verifySignature(call, { credentials, service: 'rekognition', signed });
  if (verdict !== 'valid') throw new AwsFailure(...failures[verdict]);
}

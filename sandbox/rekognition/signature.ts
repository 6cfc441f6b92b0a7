// The signature of a call (AWS Signature Version 4), checked for its form: that it is there, is complete, is of today's scope and is meant for
// Rekognition. Who signed is not checked, for the sandbox shares no secret with anyone.

import { AwsFailure } from './aws-failure.ts';

/** Throws {@link AwsFailure} with the name that AWS gives to what is wrong. */
export function checkSignature({ authorization, date }: { authorization: string | undefined; date: string | undefined }): void {
  if (authorization === undefined) throw new AwsFailure('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/.exec(authorization);
  const [, credential = '', signedHeaders = ''] = parts ?? [];
  const [keyId, day, region, service, end, ...rest] = credential.split('/');
  if (!parts || !keyId || !region || end !== 'aws4_request' || rest.length > 0 || !/^\d{8}T\d{6}Z$/.test(date ?? '')) {
    throw new AwsFailure('IncompleteSignatureException', 'Authorization header is not complete.');
  }
  if (service !== 'rekognition') {
    throw new AwsFailure('InvalidSignatureException', "Credential should be scoped to correct service: 'rekognition'.");
  }
  const signed = new Set(signedHeaders.split(';'));
  if (date?.slice(0, 8) !== day || !['host', 'x-amz-date', 'x-amz-target'].every((header) => signed.has(header))) {
    throw new AwsFailure('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.');
  }
}

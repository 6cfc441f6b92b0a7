// Which object stores a process has: the embedded one always, for what lies there, and S3 before it where it is configured.

import type { ObjectStore } from '../../domain/ports.ts';
import { createS3Objects } from './client.ts';
import type { S3Options } from './client.ts';

/** The stores at hand; the first takes what is new. Throws a plain Error when the bucket cannot be used. */
export async function openObjectStores(embedded: ObjectStore, s3: S3Options | null): Promise<readonly [ObjectStore, ...ObjectStore[]]> {
  if (!s3) return [embedded];
  const objects = createS3Objects(s3);
  await objects.checkBucket();
  return [objects, embedded];
}

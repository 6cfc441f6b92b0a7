// Objects in S3, or in a server that speaks its protocol, through Amazon's own SDK. Each call is made once and bounded in time. A put never
// changes what is there, so every call may simply be made again: a lost answer counts as `unavailable`, never as `unknown`.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { ObjectStore } from '../../domain/ports.ts';

export interface S3Options {
  bucket: string;
  region: string;
  /** A server that speaks S3; Amazon itself when missing. */
  endpoint?: string | undefined;
  /** The bucket in the path instead of the host, as servers other than Amazon's mostly want it. */
  pathStyle: boolean;
  /** Both or neither. Without them the SDK looks where it always does. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  /** One call as a whole. */
  timeoutMs: number;
  /** Larger objects are none of ours. */
  objectMaxBytes: number;
}

export interface S3Objects extends ObjectStore {
  /** Throws a plain Error that names what to set when the bucket is not there or may not be used; an S3 that is away is no reason. */
  checkBucket(): Promise<void>;
}

/** The port over one bucket. Throws {@link VendorFailure}: `unavailable` when throttled, on 5xx, when not reached or not answered in time,
 *  `rejected` with CONFIG_… for a fault of ours (bucket, rights, credentials), `garbage` for what cannot be an answer. */
export function createS3Objects(options: S3Options): S3Objects {
  const { bucket: Bucket, objectMaxBytes } = options;
  const client = createClient(options);
  const once = async <Answer>(send: (abort: { abortSignal: AbortSignal }) => Promise<Answer>): Promise<Answer> => {
    const abortSignal = AbortSignal.timeout(options.timeoutMs);
    try {
      return await send({ abortSignal });
    } catch (error) {
      throw error instanceof VendorFailure ? error : mapFailure(error);
    }
  };
  const unless = async (code: string, work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      (error: unknown) => {
        if (error instanceof VendorFailure && error.code === code) return false;
        throw error;
      },
    );
  return {
    name: 's3',
    put: async (Key, Body) => {
      // Whoever was first stays: the same key is the same document.
      const put = once(async (abort) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }), abort));
      await unless(existsAlready, put);
    },
    get: async (Key) => {
      let content: Uint8Array | null = null;
      const get = once(async (abort) => {
        const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key }), abort);
        if (!Body || ContentLength === undefined || ContentLength > objectMaxBytes) throw failure('garbage', 'OBJECT_SIZE');
        content = await Body.transformToByteArray();
      });
      await unless(notThere, get);
      return content;
    },
    // S3 says of an object that is not there that it was deleted.
    remove: async (Key) => void (await once(async (abort) => client.send(new DeleteObjectCommand({ Bucket, Key }), abort))),
    list: async ({ prefix: Prefix, after, limit: MaxKeys }) =>
      once(async (abort) => {
        const page = { Bucket, Prefix, MaxKeys, ...(after !== null && { StartAfter: after }) };
        return parseList(await client.send(new ListObjectsV2Command(page), abort));
      }),
    checkBucket: async () => {
      const head = once(async (abort) => client.send(new HeadBucketCommand({ Bucket }), abort));
      await head.catch((error: unknown) => {
        if (!(error instanceof VendorFailure) || error.kind !== 'rejected') return;
        throw new Error(
          `The bucket of S3_BUCKET cannot be used (${error.code}): it has to exist in AWS_REGION, and these credentials have to reach it.`,
        );
      });
    },
  };
}

function createClient({ region, endpoint, pathStyle, accessKeyId, secretAccessKey, timeoutMs }: S3Options): S3Client {
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: 1,
    // Bytes are sealed before they come here, which proves more than a checksum; and not every server knows these checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
}

const listed = z.object({ Contents: z.array(z.object({ Key: z.string(), LastModified: z.date() })).optional() });

function parseList(answer: unknown): { key: string; storedAt: Date }[] {
  const result = listed.safeParse(answer);
  if (!result.success) throw failure('garbage', 'ANSWER_SHAPE');
  return (result.data.Contents ?? []).map(({ Key, LastModified }) => ({ key: Key, storedAt: LastModified }));
}

const existsAlready = 'EXISTS_ALREADY';
const notThere = 'NOT_THERE';

const thrown = z.object({ name: z.string(), $metadata: z.object({ httpStatusCode: z.number().optional() }).optional() });

function mapFailure(error: unknown): VendorFailure {
  const { data } = thrown.safeParse(error);
  const status = data?.$metadata?.httpStatusCode;
  const named = byName[data?.name ?? ''];
  if (named) return failure('rejected', named);
  if (status === undefined)
    return failure('unavailable', data?.name === 'TimeoutError' || data?.name === 'AbortError' ? 'TIMEOUT' : 'NOT_REACHED');
  if (status >= 500 || status === 429) return failure('unavailable', 'SERVER_ERROR');
  if (status === 412) return failure('rejected', existsAlready);
  if (status === 409) return failure('unavailable', 'CONFLICT');
  if (status === 403) return failure('rejected', 'CONFIG_ACCESS_DENIED');
  if (status >= 300) return failure('rejected', status === 404 ? 'CONFIG_NO_SUCH_BUCKET' : 'CONFIG_REFUSED');
  return failure('garbage', 'ANSWER_UNREADABLE');
}

const byName: Readonly<Record<string, string>> = {
  NoSuchKey: notThere,
  PreconditionFailed: existsAlready,
  NoSuchBucket: 'CONFIG_NO_SUCH_BUCKET',
  AccessDenied: 'CONFIG_ACCESS_DENIED',
  InvalidAccessKeyId: 'CONFIG_CREDENTIALS',
  SignatureDoesNotMatch: 'CONFIG_CREDENTIALS',
  RequestTimeTooSkewed: 'CONFIG_CLOCK',
  CredentialsProviderError: 'CONFIG_CREDENTIALS',
};

function failure(kind: 'unavailable' | 'rejected' | 'garbage', code: string): VendorFailure {
  return new VendorFailure('s3', kind, code);
}

// S3 on the wire, as far as it is used here: objects of one bucket are put (once), got, deleted and listed, the bucket in the path. The
// signature is verified, errors are XML with Amazon's names. Objects lie in the sandbox's books.

import { Hono } from 'hono';
import type { Context } from 'hono';
import { z } from 'zod';
import { verifySignature } from '../aws/signature.ts';
import type { AwsCredentials, SignatureVerdict } from '../aws/signature.ts';
import type { Store } from '../store.ts';

/** The only bucket there is. */
export const sandboxBucket = 'trasau';

const status: Record<string, 400 | 403 | 404 | 405 | 412> = {
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  RequestTimeTooSkewed: 403,
  AuthorizationHeaderMalformed: 400,
  XAmzContentSHA256Mismatch: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  PreconditionFailed: 412,
  MethodNotAllowed: 405,
};

const refusals: Record<Exclude<SignatureVerdict, 'valid'>, string> = {
  missing: 'AccessDenied',
  incomplete: 'AuthorizationHeaderMalformed',
  other_service: 'AuthorizationHeaderMalformed',
  unknown_key: 'InvalidAccessKeyId',
  expired: 'RequestTimeTooSkewed',
  not_yet: 'RequestTimeTooSkewed',
  other_body: 'XAmzContentSHA256Mismatch',
  mismatch: 'SignatureDoesNotMatch',
};

export interface S3Deps {
  store: Store;
  /** Whoever signs with them is believed. */
  credentials: AwsCredentials;
}

/** Answers `/BUCKET` and `/BUCKET/KEY` below wherever it is mounted. */
export function s3Routes({ store, credentials }: S3Deps): Hono {
  const routes = new Hono();
  routes.all('/:bucket/:key{.*}?', async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    const call = { method: c.req.method, url: new URL(c.req.url), headers: c.req.raw.headers, body };
    const signed = ['host', 'x-amz-date', 'x-amz-content-sha256'];
    const verdict = await verifySignature(call, { credentials, service: 's3', signed });
    if (verdict !== 'valid') return refuse(c, refusals[verdict]);
    if (c.req.param('bucket') !== sandboxBucket) return refuse(c, 'NoSuchBucket');
    const key = c.req.param('key') ?? '';
    return key === '' ? answerForBucket(c, store) : answerForObject(c, store, key, body);
  });
  return routes;
}

const objectRow = z.object({ content: z.instanceof(Buffer) });

async function answerForObject(c: Context, store: Store, key: string, body: Uint8Array): Promise<Response> {
  if (c.req.method === 'PUT') {
    const once = c.req.header('if-none-match') === '*';
    const put = `insert into objects (key, content) values ($1, $2) on conflict (key) do ${once ? 'nothing' : 'update set content = $2, stored_at = now()'}`;
    return (await store.run(put, [key, body])) === 0 ? refuse(c, 'PreconditionFailed') : c.body(null, 200);
  }
  if (c.req.method === 'DELETE') {
    await store.run('delete from objects where key = $1', [key]);
    return c.body(null, 204);
  }
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return refuse(c, 'MethodNotAllowed');
  const [object] = await store.rows(objectRow, 'select content from objects where key = $1', [key]);
  if (!object) return refuse(c, 'NoSuchKey');
  return c.body(new Uint8Array(object.content), 200, { 'content-type': 'application/octet-stream' });
}

const listedRow = z.object({ key: z.string(), storedAt: z.date() });

async function answerForBucket(c: Context, store: Store): Promise<Response> {
  if (c.req.method === 'HEAD') return c.body(null, 200);
  if (c.req.method !== 'GET' || c.req.query('list-type') !== '2') return refuse(c, 'MethodNotAllowed');
  const most = Math.min(Number(c.req.query('max-keys') ?? 1_000), 1_000);
  const rows = await store.rows(
    listedRow,
    `select key, stored_at as "storedAt" from objects where starts_with(key, $1) and key collate "C" > $2 order by key collate "C" limit $3`,
    [c.req.query('prefix') ?? '', c.req.query('start-after') ?? '', most],
  );
  const contents = rows.map(
    ({ key, storedAt }) => `<Contents><Key>${key}</Key><LastModified>${storedAt.toISOString()}</LastModified></Contents>`,
  );
  return xml(
    c,
    200,
    `<ListBucketResult><Name>${sandboxBucket}</Name><KeyCount>${rows.length}</KeyCount>${contents.join('')}</ListBucketResult>`,
  );
}

function refuse(c: Context, code: string): Response {
  return xml(c, status[code] ?? 400, c.req.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function xml(c: Context, code: 200 | 400 | 403 | 404 | 405 | 412, content: string): Response {
  return c.body(content === '' ? '' : `<?xml version="1.0" encoding="UTF-8"?>\n${content}`, code, { 'content-type': 'application/xml' });
}

// Rekognition on the wire: AWS JSON 1.1. The operation is named in a header, every call is a POST to the same path, errors carry their name
// in `__type`. What the service refuses, this refuses with the same name.

import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { AwsFailure } from '../aws/aws-failure.ts';
import type { LivenessSessions } from './liveness.ts';
import { compareFaces, detectFaces, detectText } from './operations.ts';
import { checkSignature } from './signed.ts';
import type { AwsCredentials } from '../aws/signature.ts';
import { BusyFailure, UndecodableFailure } from './vision.ts';
import type { Vision } from './vision.ts';

export interface RekognitionDeps {
  vision: Vision;
  liveness: LivenessSessions;
  /** Whoever signs with them is believed. */
  credentials: AwsCredentials;
  log: Logger;
}

const contentType = 'application/x-amz-json-1.1';

const operations: Record<string, (deps: RekognitionDeps, request: unknown) => object | Promise<object>> = {
  'RekognitionService.DetectFaces': ({ vision }, request) => detectFaces(vision, request),
  'RekognitionService.CompareFaces': ({ vision }, request) => compareFaces(vision, request),
  'RekognitionService.DetectText': ({ vision }, request) => detectText(vision, request),
  'RekognitionService.CreateFaceLivenessSession': ({ liveness }, request) => liveness.create(request),
  'RekognitionService.GetFaceLivenessSessionResults': ({ liveness }, request) => liveness.results(request),
};

/** `POST` to wherever it is mounted. */
export function rekognitionRoutes(deps: RekognitionDeps): Hono {
  const routes = new Hono();
  routes.post('*', async (c) => {
    try {
      return answer(200, await perform(c, deps));
    } catch (error) {
      const failure = awsFailure(error);
      if (failure.status >= 500)
        deps.log.error({ vendor: 'rekognition', type: error instanceof Error ? error.name : 'unknown' }, 'inference failed');
      return answer(failure.status, failure.body());
    }
  });
  return routes;
}

async function perform(c: Context, deps: RekognitionDeps): Promise<object> {
  const operation = operations[c.req.header('x-amz-target') ?? ''];
  if (!operation || c.req.header('content-type') !== contentType) throw new AwsFailure('UnknownOperationException', 'Unknown operation.');
  const body = new Uint8Array(await c.req.arrayBuffer());
  await checkSignature({ method: 'POST', url: new URL(c.req.url), headers: c.req.raw.headers, body }, deps.credentials);
  return operation(deps, parseJson(body));
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new AwsFailure('SerializationException', 'The request is not JSON.');
  }
}

function awsFailure(error: unknown): AwsFailure {
  if (error instanceof AwsFailure) return error;
  if (error instanceof BusyFailure) return new AwsFailure('ProvisionedThroughputExceededException', 'Provisioned throughput exceeded.');
  if (error instanceof UndecodableFailure) return new AwsFailure('InvalidImageFormatException', 'Request has invalid image format');
  return new AwsFailure('InternalServerError', 'Internal server error', 500);
}

function answer(status: number, body: object): Response {
  return Response.json(body, { status, headers: { 'content-type': contentType, 'x-amzn-requestid': crypto.randomUUID() } });
}

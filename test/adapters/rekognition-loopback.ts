// The real SDK against a server on loopback: the simulator in one of its modes, or a handler that misbehaves on purpose.

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import pino from 'pino';
import { lookAtPhotos } from '../../activities/identity-evidence.ts';
import { createCardCodeReader } from '../../adapters/codes/reader.ts';
import { readImage } from '../../adapters/images/read.ts';
import { createIdentityProvider } from '../../adapters/rekognition/client.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { assessIdentity, identityPolicy } from '../../domain/identity/checks.ts';
import type { StatedIdentity } from '../../domain/identity/checks.ts';
import type { IdentityProvider, LivenessProvider } from '../../domain/ports.ts';
import type { SpecimenPerson } from '../../sandbox/id-card/card.ts';
import type { AwsCredentials } from '../../sandbox/aws/signature.ts';
import { createRekognition } from '../../sandbox/rekognition/rekognition.ts';

export const call = { reference: 'app_test' };
const today = '2025-11-20';

/** Invented; the number, the date of birth and the sex agree. */
export const specimenPerson: SpecimenPerson = {
  fullName: 'Nguyễn Thị Thu Hằng',
  dateOfBirth: '1996-08-17',
  nationalId: '079196990001',
  gender: 'female',
  address: '12 Đường Số 3, Phường Bến Nghé, Quận 1, Thành phố Hồ Chí Minh',
  issuedOn: '2022-03-09',
  expiresOn: '2036-08-17',
};

/** How a raw call is signed. */
export interface Signing {
  credentials: AwsCredentials;
  service: string;
  at: Date;
}

export const credentials: AwsCredentials = { accessKeyId: 'id', secretAccessKey: 'secret' };

export interface Loopback {
  /** Where Rekognition is said to be. */
  endpoint: string;
  provider: IdentityProvider & LivenessProvider;
  /** One raw call, signed by the holder of the credentials; `headers` replaces some of them afterwards, undefined removes one. */
  post(
    operation: string,
    body: string,
    headers?: Record<string, string | undefined>,
    signing?: Partial<Signing>,
  ): Promise<{ status: number; type: string | null; answer: unknown }>;
  /** Lets the camera of a liveness session see something; the status of the answer. */
  watch(sessionId: string, scene: string, picture?: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** The simulator, ready to answer. */
export async function startSimulator(mode: 'model' | 'scripted'): Promise<Loopback> {
  const rekognition = createRekognition({ mode, credentials, log: pino({ level: 'silent' }) });
  await rekognition.ready();
  const app = new Hono().route('/rekognition', rekognition.routes).route('/camera', rekognition.camera);
  const loopback = await startServer(getRequestListener(app.fetch), '/rekognition');
  return {
    ...loopback,
    close: async () => {
      await rekognition.close();
      await loopback.close();
    },
  };
}

/** Anything that listens. */
export async function startServer(listener: http.RequestListener, path = '', timeoutMs = 60_000): Promise<Loopback> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a server on a port has one
  const endpoint = `http://127.0.0.1:${port}${path}`;
  return {
    endpoint,
    provider: createIdentityProvider({ endpoint, region: 'ap-southeast-1', ...credentials, timeoutMs }),
    watch: async (sessionId, scene, picture = Buffer.from('ffd8ffe0', 'hex')) => {
      const url = new URL(`/camera/${sessionId}?scene=${scene}`, endpoint);
      return (await fetch(url, { method: 'POST', body: Uint8Array.from(picture) })).status;
    },
    post: (operation, body, headers, signing) => post(endpoint, { operation, body, headers }, signing),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function post(
  endpoint: string,
  { operation, body, headers: replaced = {} }: { operation: string; body: string; headers: Record<string, string | undefined> | undefined },
  signing: Partial<Signing> = {},
) {
  const url = new URL(`${endpoint}/`);
  const signed = await new SignatureV4({ credentials, service: 'rekognition', ...signing, region: 'ap-southeast-1', sha256: Sha256 }).sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `RekognitionService.${operation}` },
      body,
    },
    { signingDate: signing.at ?? new Date() },
  );
  const headers: Record<string, string | undefined> = { ...signed.headers, host: undefined, ...replaced };
  const kept = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(url, { method: 'POST', body, headers: kept });
  const answer = (await response.json()) as { __type?: string }; // read only to compare it
  return { status: response.status, type: answer.__type ?? null, answer };
}

/** What a failed call came to, e.g. `unavailable THROTTLED`. Anything but a VendorFailure is thrown on. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'answered';
  } catch (error) {
    if (error instanceof VendorFailure && error.vendor === 'rekognition') return `${error.kind} ${error.code}`;
    throw error;
  }
}

/** Takes three photos in and checks the person, as the product does it. */
export async function identify(
  provider: IdentityProvider,
  photos: { front: Uint8Array; back: Uint8Array; selfie: Uint8Array },
  stated: StatedIdentity = specimenPerson,
) {
  const clean = { front: await takeIn(photos.front), back: await takeIn(photos.back), selfie: await takeIn(photos.selfie) };
  return checkPhotos(provider, clean, stated);
}

/** Checks the person on photos that were taken in. */
export async function checkPhotos(provider: IdentityProvider, photos: Parameters<typeof lookAtPhotos>[1], stated: StatedIdentity) {
  const sight = await lookAtPhotos({ provider, codes }, photos, call.reference);
  const evidence = { ...sight, liveness: null, doubles: { otherPhones: 0, reusedPhotos: 0 } };
  return { evidence, ...assessIdentity(evidence, stated, identityPolicy, today) };
}

const codes = createCardCodeReader({ timeoutMs: 60_000, heapMaxMb: 128 });

/** A photo as the intake leaves it. */
export async function takeIn(bytes: Uint8Array): Promise<Uint8Array> {
  const reading = await readImage(bytes, identityLimits);
  if (reading.kind === 'refused') throw new Error(`the photo was refused: ${reading.code}`);
  return reading.jpeg;
}

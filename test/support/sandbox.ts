// A sandbox of one's own for a test file: the real thing on a free loopback port, with its books in a schema that nobody else uses and
// that is dropped at the end.

import { randomBytes } from 'node:crypto';
import pino from 'pino';
import type { Logger } from 'pino';
import type { StaffRole } from '../../domain/staff.ts';
import type { SandboxState } from '../../sandbox/admin.ts';
import type { FaultOrder } from '../../sandbox/faults.ts';
import type { Rekognition } from '../../sandbox/rekognition/rekognition.ts';
import { startSandboxServer } from '../../sandbox/server.ts';
import { readEnv } from '../../config/env.ts';

/** Keys of the test sandbox; no secret anywhere. */
export const sandboxKeys = {
  cicApiKey: 'cic-test-key',
  cicCallbackSecret: 'cic-test-callback-secret',
  smsApiKey: 'sms-test-key',
  smsApiSecret: 'sms-test-secret',
  awsCredentials: { accessKeyId: 'aws-test-key', secretAccessKey: 'aws-test-secret' },
} as const;

/** The back door of a sandbox, whoever runs it. */
export interface SandboxDoor {
  /** Base URL; the vendors are under {@link way4Url} and its siblings. */
  url: string;
  way4Url: string;
  cicUrl: string;
  smsUrl: string;
  rekognitionUrl: string;
  /** What the vendors believe. */
  state(): Promise<SandboxState>;
  /** Orders a fault; `times` is 1 unless given. */
  fault(order: Omit<FaultOrder, 'times'> & { times?: number }): Promise<void>;
  clearFaults(): Promise<void>;
  /** Text messages, newest first; of one phone when it is given. */
  messages(phone?: string): Promise<{ phone: string; text: string; sender: string }[]>;
  /** The newest one-time password on this phone; undefined when there is none. */
  otpCode(phone: string): Promise<string | undefined>;
  /** Lets every open OTP challenge expire now. */
  expireOtps(): Promise<void>;
  /** Signs a member of staff on and returns their access token. */
  staffToken(name: string, roles: readonly StaffRole[]): Promise<string>;
}

export interface TestSandbox extends SandboxDoor {
  /** Stops the sandbox and drops its schema. */
  close(): Promise<void>;
}

export interface TestSandboxOptions {
  /** DATABASE_URL when it is not given. */
  databaseUrl?: string;
  /** How the Rekognition simulator answers; without it /rekognition is not there. */
  mode?: 'model' | 'scripted';
  /** A schema that is kept, to start again on the same books. */
  schema?: string;
  /** 0 picks a free port. */
  port?: number;
  slowMs?: number;
  reportDelayMs?: number;
}

/** Starts a sandbox; slow answers take 1.5 s and reports 50 ms unless told otherwise. Close it in `after`. */
export async function startSandbox(options: TestSandboxOptions = {}): Promise<TestSandbox> {
  const log = pino({ level: 'silent' });
  const rekognition = options.mode && (await startRekognition(options.mode, log));
  const sandbox = await startSandboxServer({
    ...sandboxKeys,
    databaseUrl: options.databaseUrl ?? readEnv('migrate').DATABASE_URL,
    schema: options.schema ?? `sandbox_${randomBytes(6).toString('hex')}`,
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    log,
    slowMs: options.slowMs ?? 1_500,
    reportDelayMs: options.reportDelayMs ?? 50,
    ...(rekognition ? { rekognition } : {}),
  });
  return {
    ...sandboxAt(sandbox.url),
    close: async () => {
      if (options.schema === undefined) await sandbox.store.drop();
      await sandbox.close();
    },
  };
}

/** The back door of the sandbox that listens there. */
export function sandboxAt(url: string): SandboxDoor {
  const messages: SandboxDoor['messages'] = async (phone) => {
    const query = phone === undefined ? '' : `?phone=${encodeURIComponent(phone)}`;
    return (await admin<{ messages: { phone: string; text: string; sender: string }[] }>(`${url}/phone/messages${query}`)).messages;
  };
  return {
    url,
    way4Url: `${url}/way4`,
    cicUrl: `${url}/cic`,
    smsUrl: `${url}/sms`,
    rekognitionUrl: `${url}/rekognition`,
    state: async () => admin<SandboxState>(`${url}/admin/state`),
    fault: async (order) => void (await admin(`${url}/admin/faults`, 'POST', order)),
    clearFaults: async () => void (await admin(`${url}/admin/faults`, 'DELETE')),
    messages,
    otpCode: async (phone) => (await messages(phone)).map(({ text }) => /OTP (\d{6})/.exec(text)?.[1]).find((code) => code !== undefined),
    expireOtps: async () => void (await admin(`${url}/admin/otp/expire`, 'POST')),
    staffToken: async (name, roles) => {
      const response = await fetch(`${url}/oidc/token`, {
        method: 'POST',
        body: new URLSearchParams({ username: name, scope: roles.join(' ') }),
      });
      return String(Object(await response.json()).access_token);
    },
  };
}

/** Loaded only where it is asked for: it brings the image libraries along. */
async function startRekognition(mode: 'model' | 'scripted', log: Logger): Promise<Rekognition> {
  const { createRekognition } = await import('../../sandbox/rekognition/rekognition.ts');
  return createRekognition({ mode, log, credentials: sandboxKeys.awsCredentials });
}

async function admin<Answer>(url: string, method = 'GET', body?: object): Promise<Answer> {
  const response = await fetch(url, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer; // our own sandbox, of the same commit
}

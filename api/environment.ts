// What every part of the api is given, and what a request carries from guard to handler.

import type { Context, MiddlewareHandler } from 'hono';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { SignOn } from '../adapters/oidc/client.ts';
import type { Commands } from '../adapters/temporal/commands.ts';
import type { Runs } from '../adapters/temporal/runs.ts';
import type { ReadPayload } from '../adapters/temporal/payload-reader.ts';
import type { Boxes } from '../db/boxes.ts';
import type { CheckoutSession } from '../db/checkout.ts';
import type { Customers } from '../db/customers.ts';
import type { Documents } from '../db/documents.ts';
import type { IdempotencyKeys } from '../db/idempotency.ts';
import type { KeyHolder } from '../db/merchants.ts';
import type { Database } from '../db/pool.ts';
import { invariant } from '../domain/failures.ts';
import type { LivenessProvider } from '../domain/ports.ts';
import type { StaffMember } from '../domain/staff.ts';

/** A photo as it may be stored, or why it cannot be used; `busy` when it could not be looked at now. */
type ReadImage = (
  bytes: Uint8Array,
) => Promise<{ kind: 'ok'; jpeg: Uint8Array } | { kind: 'refused'; code: string; message: string } | { kind: 'busy' }>;

/** Checks the signature of CIC's callback and reads it. Null when it is not CIC's, too old, or not what was signed. */
type ReadBureauCallback = (
  rawBody: string,
  signature: string | undefined,
  timestamp: string | undefined,
) => { inquiryId: string; requestId: string } | null;

/** The few words that this api says to a log. Members are ids, codes and numbers; never a body, never personal data. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ApiDeps {
  database: Database;
  boxes: Boxes;
  customers: Customers;
  documents: Documents;
  idempotencyKeys: IdempotencyKeys;
  commands: Commands;
  runs: Runs;
  readImage: ReadImage;
  readBureauCallback: ReadBureauCallback;
  /** Where liveness sessions are opened; null when the policy asks for none. */
  liveness: { provider: LivenessProvider; region: string } | null;
  /** Why this process should get no requests now; empty when it should. */
  notReady(): Promise<string[]>;
  /** True once the process is asked to end: connections are closed after their reply. */
  draining(): boolean;
  now(): Date;
  log: Log;
  /** Where an engineer sees the run of an application; null when there is no such place. */
  runUrl(applicationId: string): string | null;
  /** Opens payloads of Temporal, for those who look at a run. */
  readPayloads: ReadPayload;
  /** The namespace whose payloads can be opened. */
  payloadNamespace: string;
  /** Origin of the Temporal UI; null when there is none. */
  temporalUiOrigin: string | null;
  /** How customers reach this api, without a slash at the end. */
  publicUrl: string;
  /** Whose access token this is. */
  readStaffToken(token: string): Promise<SignOn>;
}

export interface ApiEnv {
  Variables: {
    requestId: string;
    keyHolder?: KeyHolder;
    session?: CheckoutSession;
    staff?: StaffMember;
    /** Further members of the request's line in the log. */
    notes: Record<string, string | number | boolean>;
  };
}

export type Api = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;
export type ApiMiddleware = MiddlewareHandler<ApiEnv>;

/** The merchant's key that the guard accepted. */
export function keyHolderOf(c: ApiContext): KeyHolder {
  const holder = c.get('keyHolder');
  invariant(holder, 'a merchant route has a guard');
  return holder;
}

/** The customer's session that the guard accepted. */
export function sessionOf(c: ApiContext): CheckoutSession {
  const session = c.get('session');
  invariant(session, 'a checkout route has a guard');
  return session;
}

/** The member of staff that the guard accepted. */
export function staffOf(c: ApiContext): StaffMember {
  const staff = c.get('staff');
  invariant(staff, 'an ops route has a guard');
  return staff;
}

/** The same, as the audit log names them. */
export function actorOf(c: ApiContext): string {
  return staffOf(c).actor;
}

// The only reader of process.env. Each process asks for the part it needs and gets it parsed, or one error that names every
// variable that is missing or wrong (never its value). Defaults exist for what is the same everywhere; secrets have none.

import { z } from 'zod';
import { identityLimits } from './identity-limits.ts';
import { deliveryLimits } from './limits.ts';

const key32 = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 32, 'must be 32 bytes in base64');

/** `id:base64` of 32 bytes each, separated by commas; the first one encrypts, all decrypt. */
const keyRing = z
  .string()
  .transform((text) => text.split(',').map((entry) => readKey(entry.trim())))
  .refine((keys) => keys.every(({ id, key }) => id !== '' && key.length === 32), 'must be id:key[,id:key…] with keys of 32 bytes in base64')
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must not name one key id twice')
  .transform(([first = readKey(''), ...rest]): readonly [ReturnType<typeof readKey>, ...ReturnType<typeof readKey>[]] => [first, ...rest]);

function readKey(entry: string): { id: string; key: Buffer } {
  const [, id = '', key = ''] = /^([a-z0-9][a-z0-9.-]{0,31}):([A-Za-z0-9+/]+=*)$/.exec(entry) ?? [];
  return { id, key: Buffer.from(key, 'base64') };
}

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url();

/** How customers reach the api on one's own machine. */
const defaultPublicUrl = 'http://127.0.0.1:4100';

const shared = {
  TRASAU_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Where the process answers /health/live and /health/ready; 0 picks a free port. */
  HEALTH_PORT: port.default(0),
};

const database = { DATABASE_URL: url, DATA_KEY: key32, INDEX_KEY: key32 };
const temporal = {
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  /** Encrypt what Temporal stores (adapters/temporal/payload-codec.ts). */
  PAYLOAD_KEYS: keyRing,
};
const broker = (pod: string) => ({
  AMQP_URL: url,
  /** Names this process at RabbitMQ and PostgreSQL, so that a person finds it; Kubernetes sets it to the pod's name. */
  POD_NAME: z.string().min(1).max(63).default(pod),
  /** Exchange and work queue of the hand-off; another name only where several systems share a broker, as tests do. */
  HAND_OFF_QUEUE: z.string().min(1).max(200).default('transactions'),
  /** RabbitMQ: below 5 s a busy network looks dead; a process that hangs is found in two to three heartbeats. */
  AMQP_HEARTBEAT_SECONDS: z.coerce.number().int().min(5).max(20).default(deliveryLimits.heartbeatSeconds),
});
/** `aud` of the access tokens of staff: this system. */
const staffAudience = z.string().min(1).default('trasau');
const cardCore = { WAY4_URL: url };
const sms = { SMS_URL: url, SMS_API_KEY: z.string().min(1), SMS_API_SECRET: z.string().min(1) };

/** Unset means AWS itself, in AWS_REGION; without keys the SDK looks where it always does. */
const aws = {
  AWS_REGION: z.string().min(1).default('ap-southeast-1'),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
};
const rekognition = {
  ...aws,
  AWS_ENDPOINT_URL_REKOGNITION: url.optional(),
  /** Whether customers must show to a camera that they are there. The same for api and workers. */
  LIVENESS: z.enum(['off', 'required']).default('off'),
};

/** Where the bytes of documents lie. */
const objectStore = {
  ...aws,
  OBJECT_STORE: z.enum(['postgres', 's3']).default('postgres'),
  S3_BUCKET: z.string().min(3).max(63).optional(),
  /** Unset means AWS itself, in AWS_REGION. */
  AWS_ENDPOINT_URL_S3: url.optional(),
  /** The bucket in the path instead of the host name, as most servers other than AWS want it. */
  S3_PATH_STYLE: z.enum(['true', 'false']).default('false'),
};

function namesItsBucket(env: { OBJECT_STORE: string; S3_BUCKET?: string | undefined }): boolean {
  return env.OBJECT_STORE !== 's3' || env.S3_BUCKET !== undefined;
}
const bucketMissing = { path: ['S3_BUCKET'], message: 'must name the bucket when OBJECT_STORE is s3' };

/** Where staff sign on, and what a token of theirs looks like. */
const staffSignOn = {
  /** `iss` of the access tokens, letter by letter. */
  STAFF_ISSUER_URL: url,
  /** Where the keys of the issuer are published: `jwks_uri` of its discovery document. */
  STAFF_JWKS_URL: url,
  STAFF_AUDIENCE: staffAudience,
  STAFF_ALGORITHMS: z
    .string()
    .default('RS256,PS256,ES256,EdDSA')
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])).min(1)),
  STAFF_TOKEN_TYPE: z.string().min(1).default('at+jwt'),
  /** Claim with the list of roles. */
  STAFF_ROLES_CLAIM: z.string().min(1).default('roles'),
};

// Keys that come over a line on which somebody else can write prove nothing.
function staffSignsOnSafely(env: { TRASAU_ENV: string; STAFF_ISSUER_URL: string; STAFF_JWKS_URL: string }): boolean {
  return env.TRASAU_ENV !== 'production' || [env.STAFF_ISSUER_URL, env.STAFF_JWKS_URL].every((each) => each.startsWith('https:'));
}

const parts = {
  api: z
    .object({
      ...shared,
      ...database,
      ...temporal,
      PORT: port.default(4100),
      /** Address to listen on; unset: every address of the machine, as in a container. */
      HOST: z.string().min(1).optional(),
      /** How customers reach this api; the start of every checkout link. */
      PUBLIC_URL: url.default(defaultPublicUrl),
      CIC_CALLBACK_SECRET: z.string().min(16),
      ...rekognition,
      ...objectStore,
      /** Where engineers see runs: for the links that staff follow, and the one other origin that may have payloads opened. */
      TEMPORAL_UI_URL: url.optional(),
      ...staffSignOn,
    })
    .refine(namesItsBucket, bucketMissing)
    .refine(staffSignsOnSafely, 'in production, STAFF_ISSUER_URL and STAFF_JWKS_URL must start with https'),
  applications: z
    .object({
      ...shared,
      ...database,
      ...temporal,
      ...cardCore,
      /** File made by workers/workflow-bundle.ts. Outside production a worker may make its own when it starts. */
      WORKFLOW_BUNDLE: z.string().min(1).optional(),
      /** Names this build to Temporal and switches Worker Versioning on (docs/changing-workflows.md): running applications stay on their build. */
      WORKER_BUILD_ID: z.string().min(1).max(128).optional(),
      WORKER_DEPLOYMENT: z.string().min(1).max(128).default('applications'),
      /** Where the SDK's metrics and the queues of staff are served for Prometheus; unset: nowhere. */
      SDK_METRICS_PORT: port.optional(),
      CIC_URL: url,
      CIC_API_KEY: z.string().min(1),
      /** Where CIC calls back; the api's /hooks/cic. */
      CIC_CALLBACK_URL: url,
      ...rekognition,
      ...objectStore,
      /** Calls a second that Amazon allows this account for one operation; its default outside the largest regions is 5. */
      REKOGNITION_TPS: z.coerce.number().min(0.2).max(1_000).default(5),
      ESIGN_P12_FILE: z.string().min(1),
      ESIGN_P12_PASSWORD: z.string().min(1),
    })
    .refine(namesItsBucket, bucketMissing)
    .refine(
      ({ TRASAU_ENV, WORKFLOW_BUNDLE }) => TRASAU_ENV !== 'production' || WORKFLOW_BUNDLE !== undefined,
      'in production, WORKFLOW_BUNDLE must name a file that `node workers/workflow-bundle.ts FILE` made',
    ),
  relay: z.object({ ...shared, DATABASE_URL: url, ...broker('relay') }),
  transactions: z.object({ ...shared, DATABASE_URL: url, ...broker('transactions'), ...temporal, ...cardCore }),
  notifications: z.object({
    ...shared,
    ...database,
    ...sms,
    /** The start of checkout links. A link has to fit into one SMS. */
    PUBLIC_URL: url.max(64).default(defaultPublicUrl),
  }),
  sandbox: z.object({
    ...shared,
    /** Address to listen on; the sandbox has no lock on its back door, so it is this machine only unless told otherwise. */
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: port.default(4110),
    DATABASE_URL: url,
    /** `model` looks at the photos with real models; `scripted` answers from the sentinel table, fast. */
    REKOGNITION_MODE: z.enum(['model', 'scripted']).default('model'),
    STAFF_AUDIENCE: staffAudience,
    /** The one pair that the simulators of AWS know. */
    AWS_ACCESS_KEY_ID: z.string().min(1),
    AWS_SECRET_ACCESS_KEY: z.string().min(1),
    CIC_API_KEY: z.string().min(1),
    CIC_CALLBACK_SECRET: z.string().min(16),
    SMS_API_KEY: z.string().min(1),
    SMS_API_SECRET: z.string().min(1),
  }),
  /** Whoever only speaks to Temporal. */
  temporal: z.object(temporal),
  migrate: z.object({ DATABASE_URL: url }),
  /** The tools of operators. */
  operations: z.object({ DATABASE_URL: url }),
  retention: z.object({ DATABASE_URL: url, ...objectStore }).refine(namesItsBucket, bucketMissing),
  /** The tools of risk analysts and auditors: they open what decisions looked at. */
  decisions: z.object(database),
  reconcile: z.object({ DATABASE_URL: url, ...cardCore }),
};

type Parts = typeof parts;
export type Env<P extends keyof Parts> = z.output<Parts[P]>;

/** The environment of one process, parsed. Throws one Error that lists every variable that is missing or wrong. */
export function readEnv<P extends keyof Parts>(part: P, source: Record<string, string | undefined> = process.env): Env<P> {
  const result = parts[part].safeParse(withoutBlanks(source));
  if (result.success) return result.data as Env<P>; // zod cannot carry the link from key to schema through an index
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The environment of '${part}' is not complete:\n${lines.join('\n')}`);
}

/** The bucket for documents as plain options; null when they lie in PostgreSQL. */
export function s3Options(env: z.output<z.ZodObject<typeof objectStore>>) {
  if (env.OBJECT_STORE !== 's3' || env.S3_BUCKET === undefined) return null;
  return {
    bucket: env.S3_BUCKET,
    region: env.AWS_REGION,
    endpoint: env.AWS_ENDPOINT_URL_S3,
    pathStyle: env.S3_PATH_STYLE === 'true',
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    timeoutMs: identityLimits.s3TimeoutMs,
    objectMaxBytes: identityLimits.objectMaxBytes,
  };
}

/** The names of the variables that a process reads. */
export function envNames(part: keyof Parts): string[] {
  return Object.keys(parts[part].shape);
}

function withoutBlanks(source: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(source).filter((entry): entry is [string, string] => !!entry[1]));
}

// Entry point of the sandbox: the simulated WAY4, CIC, Rekognition, SMS gateway and sign-on of staff in one process. It believes whoever
// talks to it and gives money to everyone, so it refuses to start where TRASAU_ENV says production.

import pino from 'pino';
import { readEnv } from '../config/env.ts';
import { createRekognition } from './rekognition/rekognition.ts';
import { startSandboxServer } from './server.ts';

const env = readEnv('sandbox');
if (env.TRASAU_ENV === 'production') {
  process.stderr.write(
    'The sandbox simulates vendors and must not run in production: TRASAU_ENV is "production". Point the system at the real vendors.\n',
  );
  process.exit(1);
}

const log = pino({ name: 'sandbox', level: env.LOG_LEVEL });
const awsCredentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY };
const sandbox = await startSandboxServer({
  databaseUrl: env.DATABASE_URL,
  hostname: env.HOST,
  port: env.PORT,
  log,
  cicApiKey: env.CIC_API_KEY,
  cicCallbackSecret: env.CIC_CALLBACK_SECRET,
  smsApiKey: env.SMS_API_KEY,
  smsApiSecret: env.SMS_API_SECRET,
  awsCredentials,
  staffAudience: env.STAFF_AUDIENCE,
  rekognition: createRekognition({
    mode: env.REKOGNITION_MODE,
    credentials: awsCredentials,
    log,
  }),
});
log.info({ url: sandbox.url, phone: `${sandbox.url}/phone` }, 'the sandbox is ready');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'the sandbox stops');
    void sandbox.close().then(() => process.exit(0));
  });
}

// What production refuses before it starts: the error names the variable.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { readEnv } from '../../config/env.ts';

const key = randomBytes(32).toString('base64');
const somewhere = 'http://127.0.0.1:9';
const applications = {
  DATABASE_URL: 'postgres://127.0.0.1:9/trasau',
  DATA_KEY: key,
  INDEX_KEY: key,
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  PAYLOAD_KEYS: `test:${key}`,
  WAY4_URL: somewhere,
  CIC_URL: somewhere,
  CIC_API_KEY: 'key',
  CIC_CALLBACK_URL: somewhere,
  ESIGN_P12_FILE: 'seal.p12',
  ESIGN_P12_PASSWORD: 'password',
};

test('a worker of applications makes its own workflow bundle anywhere but in production, where it wants one made beforehand', () => {
  for (const TRASAU_ENV of ['development', 'test'])
    assert.equal(readEnv('applications', { ...applications, TRASAU_ENV }).TRASAU_ENV, TRASAU_ENV);
  const inProduction = { ...applications, TRASAU_ENV: 'production' };
  assert.throws(() => readEnv('applications', inProduction), /WORKFLOW_BUNDLE/);
  assert.equal(readEnv('applications', { ...inProduction, WORKFLOW_BUNDLE: 'bundle.js' }).WORKFLOW_BUNDLE, 'bundle.js');
});

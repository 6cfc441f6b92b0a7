// Who on the staff may do what, as auditors are promised it: every operation, every role. The table is written here a second time on
// purpose, so that nobody gets a right by a change in one place; an operation without a row fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { staffRoles } from '../../domain/staff.ts';
import type { StaffRole } from '../../domain/staff.ts';
import { asStaff } from '../support/staff.ts';
import { aWorld, bodyOf } from './world.ts';

const readers = 'support reviewer operations auditor';

const expected: Record<string, string> = {
  'GET /ops/v1/me': 'support reviewer operations auditor admin',
  'POST /ops/v1/payloads/decode': 'operations auditor',
  'GET /ops/v1/queues': readers,
  'GET /ops/v1/queues/{name}': readers,
  'POST /ops/v1/search': readers,
  'GET /ops/v1/applications': readers,
  'POST /ops/v1/applications/{id}/unmask': 'support reviewer',
  'POST /ops/v1/documents/{id}/links': 'reviewer auditor',
  'POST /ops/v1/bulk/retry': 'operations',
  'GET /ops/v1/applications/{id}': readers,
  'POST /ops/v1/applications/{id}/retry': 'support operations',
  'GET /ops/v1/applications/{id}/cancel': readers,
  'POST /ops/v1/applications/{id}/cancel': 'support operations',
  'POST /ops/v1/applications/{id}/resubmission': 'support reviewer operations',
  'POST /ops/v1/applications/{id}/deadline': 'support operations',
  'POST /ops/v1/applications/{id}/otp': 'support operations',
  'POST /ops/v1/applications/{id}/link': 'support operations',
  'GET /ops/v1/approvals': readers,
  'POST /ops/v1/approvals/{id}/confirm': 'support reviewer operations',
  'POST /ops/v1/approvals/{id}/refuse': 'support reviewer operations',
  'GET /ops/v1/reviews': readers,
  'GET /ops/v1/reviews/{taskId}': readers,
  'POST /ops/v1/reviews/{taskId}/claim': 'reviewer operations',
  'POST /ops/v1/reviews/{taskId}/release': 'reviewer operations',
  'POST /ops/v1/reviews/{taskId}/reassign': 'reviewer operations',
  'POST /ops/v1/reviews/{taskId}/escalate': 'reviewer operations',
  'POST /ops/v1/reviews/{taskId}/snooze': 'reviewer operations',
  'POST /ops/v1/reviews/{taskId}/notes': 'support reviewer operations',
  'POST /ops/v1/reviews/{taskId}': 'reviewer operations',
  'GET /ops/v1/parked': 'support operations auditor',
  'GET /ops/v1/parked/{id}': 'operations auditor',
  'POST /ops/v1/parked/replay': 'operations',
  'POST /ops/v1/parked/{id}/replay': 'operations',
  'POST /ops/v1/parked/{id}/renew': 'operations',
  'POST /ops/v1/parked/{id}/discard': 'operations',
};

const world = await aWorld();

/** Every operation of staff that the api answers, documented or not. */
function operations(): string[] {
  const all = world.app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/ops/'));
  return [...new Set(all.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`))].toSorted();
}

async function answerTo(operation: string, headers: Record<string, string>): Promise<{ status: number; code: unknown }> {
  const [method = '', path = ''] = operation.split(' ');
  const reply = await world.app.request(path.replaceAll(/\{\w+\}/g, 'nothing'), { method, headers });
  return { status: reply.status, code: (await bodyOf(reply))['code'] };
}

test('every operation of staff has a row in this table, and every row an operation', () => {
  assert.deepEqual(operations(), Object.keys(expected).toSorted());
});

for (const [operation, roles] of Object.entries(expected)) {
  test(`${operation}: ${roles}, and nobody else`, async () => {
    for (const role of staffRoles) {
      const { status, code } = await answerTo(operation, await asStaff('thu.ha', role));
      const isRefused = status === 401 || status === 403;
      assert.equal(isRefused, !roles.split(' ').includes(role), `${role} is answered ${status} ${String(code)}`);
      if (isRefused) assert.equal(code, 'ROLE_MISSING');
    }
  });
}

test('401 at every operation for nobody, a merchant and a customer', async () => {
  for (const operation of operations()) {
    for (const headers of [{}, { authorization: `Bearer ${world.apiKey}` }, { cookie: 'trasau_session=ses_nonsense' }])
      assert.deepEqual(await answerTo(operation, headers), { status: 401, code: 'UNAUTHORIZED' }, operation);
  }
});

test('403 at every operation for a member of staff without a role, before the body is looked at', async () => {
  const nobody = await asStaff('new.one');
  for (const operation of operations()) assert.deepEqual(await answerTo(operation, nobody), { status: 403, code: 'ROLE_MISSING' });
  const reply = await world.app.request('/ops/v1/applications/x/retry', { method: 'POST', body: 'not json', headers: nobody });
  assert.equal((await bodyOf(reply))['code'], 'ROLE_MISSING');
});

test('the OpenAPI document names the roles of every operation of staff', async () => {
  const document = z
    .looseObject({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({ security: z.array(z.unknown()).optional() }))) })
    .parse(await (await world.app.request('/openapi.json')).json());
  for (const [operation, roles] of Object.entries(expected)) {
    const [method = '', path = ''] = operation.split(' ');
    assert.deepEqual(document.paths[path]?.[method.toLowerCase()]?.security, [{ staffToken: roles.split(' ') }], operation);
  }
});

test('200 with who I am and what I may do', async () => {
  const seen = await bodyOf(world.app.request('/ops/v1/me', { headers: await asStaff('thu.ha', 'reviewer', 'auditor') }));
  assert.deepEqual([seen['actor'], seen['roles']], ['staff:thu.ha', ['reviewer', 'auditor'] satisfies StaffRole[]]);
  assert.ok(Array.isArray(seen['operations']) && seen['operations'].includes('decideReview') && !seen['operations'].includes('retryStep'));
});

test('the request of a member of staff is in the log under their name, also when it is refused', async () => {
  await answerTo('POST /ops/v1/parked/replay', await asStaff('thu.ha', 'support'));
  const line = world.logged.at(-1)?.fields;
  assert.deepEqual([Object(line).actor, Object(line).code], ['staff:thu.ha', 'ROLE_MISSING']);
});

// Health, documentation, callbacks: what surrounds the routes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { createApp } from '../../api/app.ts';
import { problemKinds } from '../../api/problem-kinds.ts';
import { Problem, problemResponse, toProblem } from '../../api/problems.ts';
import type { ProblemCode } from '../../api/problem-kinds.ts';
import { grantConsent } from '../../db/consents.ts';
import { createCreditReports } from '../../db/credit-reports.ts';
import { openDatabase } from '../../db/pool.ts';
import { databaseProblems } from '../../db/readiness.ts';
import { aCheckout, aWorld, bodyOf, post, publicUrl } from './world.ts';

const world = await aWorld();
const { app, database, deps, sent } = world;

test('200 live, whatever is away; 200 ready only while the database serves this build', async () => {
  assert.equal((await app.request('/health/live')).status, 200);
  assert.equal((await app.request('/health/ready')).status, 200);
  const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing', applicationName: 'test-away' });
  const lost = createApp({ ...deps, database: away, notReady: async () => databaseProblems(away, []) });
  assert.equal((await lost.request('/health/live')).status, 200);
  const reply = await lost.request('/health/ready');
  assert.equal(reply.status, 503);
  assert.deepEqual((await bodyOf(reply))['reasons'], ['DATABASE_UNAVAILABLE']);
  await away.close();
  assert.deepEqual(await databaseProblems(database, ['9999_of_a_newer_build']), ['MIGRATIONS_PENDING']);
});

test('503, with a time to come back, whatever words the loss of the database comes in; 500 only for what nobody knows', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  const lost = [
    ...['57P01', '08006', '53300', '25P03', 'ECONNRESET', 'EPIPE', 'ENETUNREACH', 'EAI_AGAIN'].map(coded),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated due to connection timeout'),
    new Error('Query read timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('Client was closed and is not queryable'),
  ];
  for (const error of lost) {
    const reply = problemResponse(toProblem(error), 'req_1');
    assert.deepEqual([reply.status, reply.headers.get('retry-after') !== null], [503, true], error.message);
  }
  assert.equal(problemResponse(toProblem(new Error('anything else')), 'req_1').status, 500);
});

test('200 with Connection: close while the process drains', async () => {
  const draining = createApp({ ...deps, draining: () => true, notReady: async () => ['DRAINING'] });
  assert.equal((await draining.request('/health/ready')).status, 503);
  assert.equal((await draining.request('/openapi.json')).headers.get('connection'), 'close');
});

test('200 for the documentation, which loads nothing from elsewhere', async () => {
  const html = await (await app.request('/docs')).text();
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(addresses.length >= 3);
  for (const address of addresses) {
    assert.ok(address.startsWith('/docs/'), address);
    const reply = await app.request(address);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
    await reply.arrayBuffer();
  }
});

interface Operation {
  tags?: string[];
  security?: unknown[];
  responses: Record<string, unknown>;
}

/** A link is the credential; each has tests of its own. */
const openedByLink = ['/checkout/sessions', '/documents/{id}'];

test('200 with an OpenAPI document that knows every route, and who may call it', async () => {
  const document = (await (await app.request('/openapi.json')).json()) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  }; // checked below
  assert.equal(document.openapi, '3.1.0');
  const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const routed = app.routes
    .filter(({ path, method }) => method !== 'ALL' && /^\/(v1|checkout|ops|documents)\//.test(path))
    .map(({ path, method }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  assert.deepEqual(new Set(described), new Set(routed));
  assert.ok(described.length >= 28);
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      if (!openedByLink.includes(path)) assert.ok(operation.security?.length, `${path} has no guard`);
      assert.ok(operation.responses['500'] && operation.responses['503'], `${path} names no problems`);
    }
  }
});

test('401 for every guarded operation of the document without credentials', async () => {
  const document = (await (await app.request('/openapi.json')).json()) as { paths: Record<string, Record<string, Operation>> }; // checked above
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods)) {
      if (openedByLink.includes(path)) continue;
      const { status } = await app.request(path.replaceAll(/\{\w+\}/g, 'x'), { method: method.toUpperCase() });
      assert.equal(status, 401, `${method} ${path}`);
    }
  }
});

test('200 for the page behind a checkout link: no script but ours, no way into a frame', async () => {
  const reply = await app.request('/c');
  const html = await reply.text();
  assert.equal(reply.status, 200);
  assert.match(html, /documentation/);
  assert.match(reply.headers.get('content-security-policy') ?? '', /script-src 'self'.*frame-ancestors 'none'/);
  assert.equal((await app.request('/c.js')).headers.get('content-type'), 'text/javascript');
});

test('200 for the list of problems, to which every problem points', async () => {
  const html = await (await app.request('/problems')).text();
  const { type } = (await (await app.request('/nowhere')).json()) as { type: string }; // the form of a problem
  const [path, anchor] = type.split('#');
  assert.equal(path, '/problems');
  assert.ok(html.includes(`id="${anchor}"`));
});

test('no reply without the headers that keep a browser safe, errors included', async () => {
  for (const path of ['/docs', '/v1/applications', '/nowhere', '/c', '/health/live']) {
    const { headers } = await app.request(path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.ok(headers.get('content-security-policy')?.includes("default-src 'none'"));
    assert.match(headers.get('request-id') ?? '', /^req_/);
  }
});

async function anInquiry(): Promise<{ applicationId: string; requestId: string; inquiryId: string }> {
  const { applicationId } = await aCheckout(world);
  const requestId = `crq-${applicationId}`;
  const inquiryId = `CIC-${applicationId}`;
  await database.withTransaction(async (tx) => {
    const consent = {
      applicationId,
      kind: 'credit_bureau' as const,
      textVersion: '1',
      textSha256: 'x',
      language: 'vi' as const,
      channel: 'test',
    };
    const reports = createCreditReports(deps.boxes);
    await grantConsent(tx, consent);
    await reports.plan(tx, { applicationId, requestId, maxAgeMs: 0, sharedMs: 0 });
    await reports.answer(tx, { requestId, inquiryId, outcome: 'PENDING' });
  });
  return { applicationId, requestId, inquiryId };
}

const callBack = async (body: unknown, signature = 'right') => app.request('/hooks/cic', post(body, { 'x-cic-signature': signature }));

test('202 for the callback of CIC, and the application hears of it; a repeat is harmless', async () => {
  const { applicationId, requestId, inquiryId } = await anInquiry();
  for (let times = 0; times < 2; times += 1) {
    assert.equal((await callBack({ requestId, inquiryId })).status, 202);
    assert.deepEqual(sent.at(-1), { command: 'creditReportReady', args: [applicationId, inquiryId] });
  }
});

test('202 for an inquiry that is not ours: logged, and nobody is told', async () => {
  const { requestId } = await anInquiry();
  const before = sent.length;
  assert.equal((await callBack({ requestId: 'unknown', inquiryId: 'unknown' })).status, 202);
  assert.equal((await callBack({ requestId, inquiryId: 'another' })).status, 202);
  assert.equal(sent.length, before);
  assert.ok(world.logged.some(({ level, message }) => level === 'warn' && message === 'callback for an unknown inquiry'));
});

test('401 for a callback that CIC did not sign; 503 while the application cannot be told, so that CIC repeats', async () => {
  const { requestId, inquiryId } = await anInquiry();
  assert.equal((await bodyOf(callBack({ requestId, inquiryId }, 'wrong')))['code'], 'SIGNATURE_INVALID');
  world.answer('creditReportReady', async () => {
    throw new CommandUnavailable('away');
  });
  assert.equal((await callBack({ requestId, inquiryId })).status, 503);
});

test('302 from the root to the documentation', async () => {
  const reply = await app.request(`${publicUrl}/`);
  assert.equal(reply.headers.get('location'), '/docs');
});

test('every problem says what to do, and not only what is wrong, on /problems and where nothing closer is known', async () => {
  const html = await (await app.request('/problems')).text();
  for (const [code, { title, advice }] of Object.entries(problemKinds)) {
    assert.match(advice, /^[A-Z].{10,}\.$/, code);
    assert.notEqual(advice.replace(/\.$/, ''), title, code);
    assert.ok(html.includes(`${title}. ${advice}`), code);
    const { detail } = z.object({ detail: z.string() }).parse(await problemResponse(new Problem(code as ProblemCode), 'req_1').json()); // a key of it
    assert.equal(detail, advice);
  }
});

test('a route that needs an Idempotency-Key says what becomes of one that cannot be used', async () => {
  const document = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) }))) })
    .parse(await (await app.request('/openapi.json')).json());
  const described = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ responses }) => JSON.stringify(responses)),
  );
  const keyed = described.filter((responses) => responses.includes('IDEMPOTENCY_KEY_MISSING'));
  assert.ok(keyed.length > 5);
  for (const responses of keyed)
    for (const code of ['IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED']) assert.ok(responses.includes(code));
});

import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDesk } from '../../adapters/esign/desk.ts';
import { createContractRenderer } from '../../adapters/esign/render.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { ensureDevelopmentCertificate } from '../../infra/local/certificate.ts';
import { verifySeal } from '../support/verify-seal.ts';
import { terms } from './esign-terms.ts';

const folder = mkdtempSync(join(tmpdir(), 'trasau-desk-'));
const password = 'only for this test';
const p12 = readFileSync((await ensureDevelopmentCertificate(folder, password)).p12File);
const desk = createDesk({ p12, password, waitingMax: 3 });
after(async () => {
  await desk.close();
  rmSync(folder, { recursive: true });
});

const fails = (kind: string, code: string) => (error: unknown) =>
  error instanceof VendorFailure && error.kind === kind && error.code === code;

test('the desk makes the same paper as its renderer, and a seal that holds', async () => {
  const paper = await desk.render(terms());
  assert.deepEqual(Buffer.from(paper), Buffer.from(await createContractRenderer().render(terms())));
  assert.equal(verifySeal(await desk.seal(paper, { reason: 'Contract TS0000000042', at: new Date() })).signatureMatches, true);
});

test('while papers are made, the process has its time for customers', async () => {
  const before = performance.eventLoopUtilization();
  await Promise.all([desk.render(terms()), desk.render(terms({ limitVnd: 13_000_000 })), desk.render(terms({ limitVnd: 14_000_000 }))]);
  const { utilization } = performance.eventLoopUtilization(before);
  assert.ok(utilization < 0.5, `the process was busy for ${Math.round(utilization * 100)} % of the time`);
});

test('what is wrong with an order is told as without a desk', async () => {
  await assert.rejects(desk.render(terms({ templateVersion: 'another/1' })), fails('rejected', 'TEMPLATE_UNKNOWN'));
  await assert.rejects(desk.seal(Buffer.from('no pdf'), { reason: 'x', at: new Date() }), fails('rejected', 'NOT_A_PDF'));
});

test('an order too many is refused at once, as one to be tried again', async () => {
  const orders = await Promise.allSettled([1, 2, 3, 4].map(async () => desk.render(terms())));
  assert.deepEqual(
    orders.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  );
  assert.ok(orders.some((order) => order.status === 'rejected' && fails('unavailable', 'BUSY')(order.reason)));
});

test('a desk that died is missed by the order that was under way, and by no later one', async () => {
  const lost = desk.render(terms());
  await Promise.all([assert.rejects(lost, fails('unavailable', 'DESK_GONE')), desk.close()]);
  assert.ok((await desk.render(terms())).byteLength > 0);
});

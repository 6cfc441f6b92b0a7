// Customers with personal data that nobody else has, on every path through the system: bought with everything going wrong, declined, helped
// along by staff at every step, cancelled with an undo that fails, expired.

import assert from 'node:assert/strict';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import type { System } from '../../support/system.ts';
import { call, openReviewTask, staffCancel, staffDo, staffSee } from './actors.ts';
import type { Answer } from './actors.ts';
import { leaks, secretsOf } from './canary.ts';
import type { Secrets } from './canary.ts';
import { isClosedAtTheBank } from './expect.ts';
import { aJourney } from './journey.ts';
import type { Journey } from './journey.ts';
import { hasPolicy } from './own-policy.ts';

export interface Canary {
  journey: Journey;
  secrets: Secrets;
  /** What staff were answered on the way, but for what shows personal data on purpose. */
  shown: unknown[];
}

/** Buys with every vendor failing once, after a wrong code. */
export async function aBuyer(system: System): Promise<Canary> {
  const person = {
    dateOfBirth: '1987-11-23',
    monthlyIncomeVnd: 18_730_411,
    fullName: 'Huỳnh Bạch Oanh Vũ',
    address: '77 Ngõ Chim Hoàng Yến, Phường Kín Đáo',
    email: 'hoang.yen@canary.example',
  };
  const journey = await aJourney(system, { person, phone: '+84977123987' });
  await journey.walksTo('submit_identity');
  for (const vendor of ['way4', 'cic', 'rekognition'] as const) {
    await system.sandbox.fault({ vendor, fault: 'garbage' });
    await system.sandbox.fault({ vendor, fault: 'fail' });
  }
  await journey.sendsPhotos('other');
  await journey.reachesWhere('asked again', ({ identity }) => identity.attempts_left === 2);
  await journey.sendsPhotos();
  await journey.walksTo('submit_otp');
  const otp = await journey.otp();
  await typesAWrongCode(journey, otp);
  assert.equal((await journey.walksToTheEnd()).status, 'completed');
  return { journey, secrets: { ...secretsOf(journey.person, journey.phone), otp }, shown: [] };
}

/** Types everything wrong first, and is declined in the end. */
export async function aDeclinedCustomer(system: System): Promise<Canary> {
  const person = {
    dateOfBirth: '1991-10-27',
    monthlyIncomeVnd: 19_640_377,
    fullName: 'Đặng Sơn Ca Mỏ Đỏ',
    address: '78 Ngõ Chim Sơn Ca, Phường Im Lặng',
    email: 'son.ca@canary.example',
  };
  const journey = await aJourney(system, { person, bureau: 'badDebt', phone: '+84977456654' });
  const { fullName: full_name, nationalId: national_id, address, email } = journey.person;
  const token = journey.customer.sessionToken;
  const json = { full_name, national_id, address, email, phone: journey.phone };
  const refused = await call(system, '/checkout/basic-info', { token, json });
  assert.equal(refused.status, 422);
  assert.deepEqual(leaks(JSON.stringify(refused.body), secretsOf(journey.person, journey.phone)), []);
  assert.equal((await journey.walksToTheEnd()).status, 'declined');
  return { journey, secrets: secretsOf(journey.person, journey.phone), shown: [] };
}

/** Is looked at, written about, searched for, called, asked again twice, sent a link and a code, and buys after WAY4 was away for the code and
 *  for the booking. `meanwhile` runs while the purchase waits in a delay queue. */
export async function aHelpedCustomer(system: System, meanwhile: () => Promise<unknown>): Promise<Canary> {
  const person = {
    dateOfBirth: '1989-12-19',
    monthlyIncomeVnd: 21_370_533,
    fullName: 'Nghiêm Hạc Trắng Ngà',
    address: '79 Ngõ Chim Hạc, Phường Thầm Lặng',
    email: 'hac.trang@canary.example',
  };
  const journey = await aJourney(system, { person, phone: '+84977789876' });
  await hasPolicy(system, journey, { vendorAttempts: 1 });
  const shown: unknown[] = [];
  const does = async (path: string, more: Record<string, unknown> = {}): Promise<Answer> => done(await staffDo(system, path, more), shown);
  const note = 'Chị Hạc Trắng gọi lại lúc mười giờ từ máy của em trai Bồ Nông';
  await isReviewed(system, journey, { does, note });
  const link = await isServed(system, journey, does);
  const moved = { ...journey.person, address: '80 Ngõ Chim Bồ Nông, Phường Thì Thầm' };
  await does(`/applications/${journey.applicationId}/resubmission`, { step: 'basicInfo', reason_code: 'BASIC_INFO_UNCLEAR' });
  await journey.reaches({ action: 'submit_basic_info' });
  await journey.customer.submitBasicInfo(moved);
  await journey.reaches({ action: 'submit_identity' });
  await journey.sendsPhotos();
  await journey.walksTo('approve_purchase');
  const codes = await getsCodes(system, journey, does);
  await buysInTheEnd(system, journey, { does, meanwhile });
  const secrets = { ...secretsOf(journey.person, journey.phone), newAddress: moved.address, note, link, ...codes };
  return { journey, secrets, shown: [...shown, await staffSee(system, journey)] };
}

type Does = (path: string, more?: Record<string, unknown>) => Promise<Answer>;

/** A face that the machine is not sure of, twice: a reviewer asks again, then approves. */
async function isReviewed(system: System, journey: Journey, { does, note }: { does: Does; note: string }): Promise<void> {
  await journey.walksTo('submit_identity');
  await journey.sendsPhotos('uncertain');
  await journey.reaches({ status: 'in_review' });
  const first = `/reviews/${await openReviewTask(system, journey)}`;
  const token = await system.staffToken();
  done(await call(system, `/ops/v1${first}/claim`, { method: 'POST', token }));
  done(await call(system, `/ops/v1${first}/notes`, { token, headers: { 'idempotency-key': 'a-note' }, json: { text: note } }));
  const { body } = done(await call(system, `/ops/v1${first}`, { token }));
  assert.deepEqual(leaks(JSON.stringify(body), { note }), ['note'], 'the note is there for who reads the evidence');
  const [photo] = z.looseObject({ evidence: z.object({ documents: z.array(z.object({ id: z.string() })) }) }).parse(body)
    .evidence.documents;
  const linked = done(
    await call(system, `/ops/v1/documents/${photo?.id}/links`, { token, json: { purpose: 'compare the faces on both photos' } }),
  );
  assert.equal((await fetch(String(linked.body['url']))).status, 200);
  await does(`${first}/escalate`, { queue: 'senior' });
  await does(first, { answer: 'ask_again' });
  await journey.reaches({ action: 'submit_identity' });
  await journey.sendsPhotos('uncertain');
  await journey.reaches({ status: 'in_review' });
  await does(`/reviews/${await openReviewTask(system, journey)}`, { answer: 'approve' });
  await journey.reaches({ action: 'accept_offer' });
}

/** Is found by everything that one can be found by, has their data read out, and gets a link. Returns its token. */
async function isServed(system: System, journey: Journey, does: Does): Promise<string> {
  const { applicationId, person, phone } = journey;
  for (const [by, value] of [
    ['phone', phone],
    ['national_id', person.nationalId],
    ['id', applicationId],
  ]) {
    const token = await system.staffToken();
    const { body } = done(await call(system, '/ops/v1/search', { token, json: { by, value } }));
    assert.deepEqual(leaks(JSON.stringify(body), secretsOf(person, phone)), [], 'found, and masked all the same');
    assert.equal(Object(body['data'])[0]?.id, applicationId);
  }
  const fields = ['phone', 'full_name', 'national_id', 'address', 'email'];
  const json = { purpose: 'read the data back to the customer', fields };
  const { body } = done(await call(system, `/ops/v1/applications/${applicationId}/unmask`, { token: await system.staffToken(), json }));
  assert.ok(leaks(JSON.stringify(body), secretsOf(person, phone)).length >= fields.length, 'shown for a purpose');
  await does(`/applications/${applicationId}/link`);
  return eventually('the link is on the phone', async () => {
    const texts = (await system.sandbox.messages(phone)).map(({ text }) => text);
    return texts.map((text) => /\/c#([\w-]+) /.exec(text)?.[1]).find((token) => token !== undefined);
  });
}

/** WAY4 makes no code until staff try again; staff have another one sent; a wrong one is typed. */
async function getsCodes(system: System, journey: Journey, does: Does): Promise<Secrets> {
  await system.sandbox.fault({ vendor: 'way4', operation: 'requestOtp', fault: 'fail', times: 2 });
  const approval = journey.customer.approve(journey.amountVnd);
  const { activity } = await eventually('staff are asked', async () => (await staffSee(system, journey)).attention);
  assert.equal(activity, 'requestOtp');
  await does(`/applications/${journey.applicationId}/retry`);
  await approval;
  const otp = await journey.otp();
  await does(`/applications/${journey.applicationId}/otp`);
  const nextOtp = await eventually('another code is on the phone', async () => {
    const found = await journey.otp();
    return found !== otp && found;
  });
  await typesAWrongCode(journey, nextOtp);
  return { otp, nextOtp };
}

/** The booking fails and waits in a delay queue, is parked as if it had been tried for hours, and is replayed by staff. */
async function buysInTheEnd(
  { sandbox, database, ...system }: System,
  journey: Journey,
  { does, meanwhile }: { does: Does; meanwhile: () => Promise<unknown> },
): Promise<void> {
  // Twice, so that half a minute passes before it can be booked, however busy the machine is.
  await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'fail', times: 2 });
  await journey.customer.submitOtp(await journey.otp());
  await meanwhile();
  const { applicationId } = journey;
  await database.query(`update transactions set tries_left = 0, claimed_until = null where application_id = $1`, [applicationId]);
  const parked = await eventually('it is parked', async () => {
    const { rows } = await database.query<{ id: string }>(
      'select p.id::text as id from parked_messages p join transactions t on t.id = p.transaction_id where t.application_id = $1',
      [applicationId],
    );
    return rows[0]?.id;
  });
  done(await call({ sandbox, database, ...system }, `/ops/v1/parked/${parked}`, { token: await system.staffToken() }));
  await does(`/parked/${parked}/replay`);
  await journey.reaches({ status: 'completed' });
}

/** Is cancelled by staff when client and contract are open, and the undo fails until staff try it again. */
export async function anUnwantedCustomer(system: System): Promise<Canary> {
  const person = {
    dateOfBirth: '1985-10-31',
    monthlyIncomeVnd: 17_590_291,
    fullName: 'Tiêu Vạc Xám Tro',
    address: '81 Ngõ Chim Vạc, Phường Lặng Thinh',
    email: 'vac.xam@canary.example',
  };
  const journey = await aJourney(system, { person, phone: '+84977321789' });
  await hasPolicy(system, journey, { vendorAttempts: 1 });
  await journey.walksTo('sign_contract');
  await system.sandbox.fault({ vendor: 'way4', operation: 'closeContract', fault: 'fail', times: 2 });
  done(await staffCancel(system, journey));
  const { activity } = await eventually('staff are asked', async () => (await staffSee(system, journey)).attention);
  assert.equal(activity, 'closeContract');
  const queue = await call(system, '/ops/v1/queues/compensation_failed', { token: await system.staffToken() });
  const retried = done(await staffDo(system, `/applications/${journey.applicationId}/retry`));
  await journey.reaches({ status: 'canceled' });
  await isClosedAtTheBank(system, journey);
  return { journey, secrets: secretsOf(journey.person, journey.phone), shown: [queue.body, retried.body, await staffSee(system, journey)] };
}

/** Signs and does nothing more. */
export async function aLateCustomer(system: System): Promise<Canary> {
  const person = {
    dateOfBirth: '1990-11-29',
    monthlyIncomeVnd: 20_810_647,
    fullName: 'Lục Cú Vọ Đêm',
    address: '82 Ngõ Chim Cú, Phường Vắng Vẻ',
    email: 'cu.vo@canary.example',
  };
  const journey = await aJourney(system, { person, phone: '+84977654123' });
  await hasPolicy(system, journey, { approvalMs: 3_000 });
  await journey.walksTo('approve_purchase');
  await journey.reaches({ status: 'expired' });
  return { journey, secrets: secretsOf(journey.person, journey.phone), shown: [await staffSee(system, journey)] };
}

async function typesAWrongCode({ customer }: Journey, otp: string): Promise<void> {
  await assert.rejects(customer.submitOtp(otp === '000000' ? '111111' : '000000'), { code: 'OTP_WRONG' });
}

function done(answer: Answer, shown: unknown[] = []): Answer {
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  shown.push(answer.body);
  return answer;
}

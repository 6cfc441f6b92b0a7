// What our own books say about a person and a phone: who is counted, from when, and that nobody is counted twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApplication } from '../../db/applications.ts';
import { newId } from '../../db/ids.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import { decisionAbout } from '../support/decision-record.ts';
import { aWorld } from './world.ts';

const { database, store, merchantId } = await aWorld();
const now = new Date();
const hourMs = 3_600_000;

interface Told {
  nationalId?: string;
  phone?: string;
  agoHours?: number;
  status?: ApplicationStatus;
  limitVnd?: number | undefined;
  device?: string;
}

async function applied({
  nationalId = '079195000001',
  phone = '+84900000001',
  agoHours = 1,
  status = 'created',
  limitVnd,
  device,
}: Told = {}) {
  return database.withTransaction(async (tx) => {
    const person = { fullName: 'Nguyễn Thị Đào', dateOfBirth: '1995-05-05', gender: 'female', address: '1 Đường Thử' } as const;
    const profile = { ...person, nationalId, phone, monthlyIncomeVnd: 15_000_000 };
    const customerId = await store.customers.state(tx, newId('request'), profile, device);
    const order = { merchantId, merchantReference: customerId, customerId, amountVnd: 1_000_000, items: [], metadata: {} };
    const more = { language: 'vi', returnUrl: null, cancelUrl: null, deadlineAt: now } as const;
    const { id: applicationId } = await createApplication(tx, { ...order, ...more });
    await tx.query('update applications set created_at = $2, status = $3 where id = $1', [
      applicationId,
      new Date(now.getTime() - agoHours * hourMs),
      status,
    ]);
    if (limitVnd !== undefined) await anOffer(tx, applicationId, limitVnd, agoHours);
    return applicationId;
  });
}

async function anOffer(
  tx: Parameters<Parameters<typeof database.withTransaction>[0]>[0],
  applicationId: string,
  limitVnd: number,
  agoHours = 0,
) {
  const decisionId = await store.decisions.add(tx, decisionAbout(applicationId));
  const offer = { applicationId, decisionId, limitVnd, amountVnd: 1, product: 'pay-in-3', content: {}, hash: 'h' };
  const id = await store.offers.addOffer(tx, { ...offer, expiresAt: now });
  await tx.query('update offers set created_at = $2 where id = $1', [id, new Date(now.getTime() - agoHours * hourMs)]);
}

const standing = async (applicationId: string) => database.withTransaction(async (tx) => store.standings.of(tx, applicationId, now));

test('other applications of the person and of the phone are counted in their windows, and one’s own is not', async () => {
  const mine = { nationalId: '079195000011', phone: '+84900000011' };
  await applied({ ...mine, agoHours: 23 });
  await applied({ ...mine, phone: '+84900000012', agoHours: 25 });
  await applied({ ...mine, agoHours: 31 * 24 });
  for (const nationalId of ['079195000013', '079195000014', '079195000014']) await applied({ ...mine, nationalId });
  await applied({ ...mine, nationalId: '079195000015', agoHours: 31 * 24 });
  const { personApplications24h, personApplications30d, phoneApplications24h, phoneApplications30d, phonePersons30d, ...rest } =
    await standing(await applied(mine));
  assert.deepEqual([personApplications24h, personApplications30d], [1, 2]);
  assert.deepEqual([phoneApplications24h, phoneApplications30d, phonePersons30d], [4, 4, 2]);
  assert.deepEqual([rest.personApprovals30d, rest.exposureVnd], [0, 0]);
});

test('offers are counted by when they were made, of the person and of the phone', async () => {
  const mine = { nationalId: '079195000051', phone: '+84900000051', limitVnd: 1_000_000 };
  await applied({ ...mine, agoHours: 2 });
  await applied({ ...mine, agoHours: 48, status: 'declined' });
  await applied({ ...mine, nationalId: '079195000052', agoHours: 3 });
  await applied({ ...mine, agoHours: 31 * 24 });
  const counts = await standing(await applied({ ...mine, limitVnd: undefined }));
  assert.deepEqual([counts.personApprovals24h, counts.personApprovals30d], [1, 2]);
  assert.deepEqual([counts.phoneApprovals24h, counts.phoneApprovals30d], [2, 3]);
});

test('a device is counted over shops, persons and phones, and one that nobody named is not counted at all', async () => {
  const device = 'device-0123456789';
  for (const last of [61, 62, 63]) {
    await applied({
      nationalId: `0791950000${last}`,
      phone: `+849000000${last}`,
      device,
      agoHours: last === 61 ? 25 : 1,
      limitVnd: 1_000_000,
    });
  }
  await applied({ nationalId: '079195000064', phone: '+84900000064', device: 'device-of-another-one' });
  const seen = await standing(await applied({ nationalId: '079195000065', phone: '+84900000065', device }));
  assert.deepEqual([seen.device, seen.deviceApplications24h, seen.deviceApplications30d], ['known', 2, 3]);
  assert.deepEqual([seen.deviceApprovals24h, seen.deviceApprovals30d, seen.devicePersons30d], [2, 3, 3]);
  const unnamed = await standing(await applied({ nationalId: '079195000066', phone: '+84900000066' }));
  assert.deepEqual([unnamed.device, unnamed.deviceApplications24h, unnamed.devicePersons30d], ['unknown', null, null]);
});

test('a step that is tried again counts nobody twice', async () => {
  const mine = { nationalId: '079195000021', phone: '+84900000021' };
  await applied(mine);
  const applicationId = await applied(mine);
  const first = await standing(applicationId);
  assert.deepEqual([await standing(applicationId), first.personApplications24h], [first, 1]);
});

test('what a person may owe us is every limit that stands or is on offer, and none of what has ended', async () => {
  const mine = { nationalId: '079195000031' };
  for (const status of ['completed', 'settling', 'offer_ready', 'in_progress'] as const)
    await applied({ ...mine, status, limitVnd: 1_000_000 });
  for (const status of ['declined', 'canceled', 'expired', 'failed'] as const) await applied({ ...mine, status, limitVnd: 5_000_000 });
  await applied({ nationalId: '079195000032', status: 'completed', limitVnd: 7_000_000 });
  assert.equal((await standing(await applied(mine))).exposureVnd, 4_000_000);
});

test('two orders of one person at once are decided one after the other', async () => {
  const mine = { nationalId: '079195000041' };
  const [one, other] = [await applied(mine), await applied(mine)];
  const seen = await Promise.all(
    [one, other].map(async (applicationId) =>
      database.withTransaction(async (tx) => {
        const { exposureVnd } = await store.standings.of(tx, applicationId, now);
        await anOffer(tx, applicationId, 6_000_000);
        return exposureVnd;
      }),
    ),
  );
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    [0, 6_000_000],
  );
});

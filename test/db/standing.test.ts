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
  limitVnd?: number;
}

async function applied({ nationalId = '079195000001', phone = '+84900000001', agoHours = 1, status = 'created', limitVnd }: Told = {}) {
  return database.withTransaction(async (tx) => {
    const person = { fullName: 'Nguyễn Thị Đào', dateOfBirth: '1995-05-05', gender: 'female', address: '1 Đường Thử' } as const;
    const profile = { ...person, nationalId, phone, monthlyIncomeVnd: 15_000_000 };
    const customerId = await store.customers.state(tx, newId('request'), profile);
    const order = { merchantId, merchantReference: customerId, customerId, amountVnd: 1_000_000, items: [], metadata: {} };
    const more = { language: 'vi', returnUrl: null, cancelUrl: null, deadlineAt: now } as const;
    const { id: applicationId } = await createApplication(tx, { ...order, ...more });
    await tx.query('update applications set created_at = $2, status = $3 where id = $1', [
      applicationId,
      new Date(now.getTime() - agoHours * hourMs),
      status,
    ]);
    if (limitVnd !== undefined) await anOffer(tx, applicationId, limitVnd);
    return applicationId;
  });
}

async function anOffer(tx: Parameters<Parameters<typeof database.withTransaction>[0]>[0], applicationId: string, limitVnd: number) {
  const decisionId = await store.decisions.add(tx, decisionAbout(applicationId));
  const offer = { applicationId, decisionId, limitVnd, amountVnd: 1, product: 'pay-in-3', content: {}, hash: 'h' };
  await store.offers.addOffer(tx, { ...offer, expiresAt: now });
}

const standing = async (applicationId: string) => database.withTransaction(async (tx) => store.standings.of(tx, applicationId, now));

test('other applications of the person and of the phone are counted in their windows, and one’s own is not', async () => {
  const mine = { nationalId: '079195000011', phone: '+84900000011' };
  await applied({ ...mine, agoHours: 23 });
  await applied({ ...mine, phone: '+84900000012', agoHours: 25 });
  await applied({ ...mine, agoHours: 31 * 24 });
  for (const nationalId of ['079195000013', '079195000014', '079195000014']) await applied({ ...mine, nationalId });
  await applied({ ...mine, nationalId: '079195000015', agoHours: 31 * 24 });
  const { exposureVnd, ...counts } = await standing(await applied(mine));
  assert.deepEqual(counts, { personApplications24h: 1, personApplications30d: 2, phoneApplications24h: 4, phonePersons30d: 2 });
  assert.equal(exposureVnd, 0);
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

// What large photos do to the memory of the api and its decoder: forms of three photos of 5 MB, one after the other and then many at once,
// sent to the real process over a socket. The third photo is the first again, so each form is taken in whole and refused, and nothing else is
// measured.

import { execFileSync } from 'node:child_process';
import sharp from 'sharp';
import { apiLimits } from '../../config/limits.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { advance, createApplication } from '../../db/applications.ts';
import { createBoxes } from '../../db/boxes.ts';
import { addCheckoutLink } from '../../db/checkout.ts';
import { createCustomers } from '../../db/customers.ts';
import { addMerchant } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { startApi } from '../../test/support/api-process.ts';
import { freshDatabase } from '../../test/support/database.ts';

const [few, many] = [5, 50];

/** Resident memory in MB after a few forms, after many, and the highest while as many arrive at once as are let in. Throws when the api dies. */
export async function uploadMemory(serverUrl: string): Promise<{ few: number; many: number; peak: number }> {
  const fresh = await freshDatabase(serverUrl);
  const database = openDatabase({ url: fresh.url, applicationName: 'bench-identity' });
  const { api, port } = await startApi(fresh.url);
  const resident = (): number => residentMb(api.pid ?? 0);
  try {
    const session = await aSession(database, `http://127.0.0.1:${port}`);
    const [photo, other] = [await largePhoto(), await largePhoto()];
    const send = async (): Promise<void> => sendForm(`http://127.0.0.1:${port}`, session, [photo, other, photo]);
    const sendOneByOne = async (count: number): Promise<number> => {
      for (let sent = 0; sent < count; sent += 1) await send();
      return resident();
    };
    const afterFew = await sendOneByOne(few);
    const afterMany = await sendOneByOne(many - few);
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, resident())), 100);
    await Promise.all(Array.from({ length: apiLimits.photoFormsMax }, send));
    clearInterval(watch);
    return { few: afterFew, many: afterMany, peak };
  } finally {
    api.kill('SIGTERM');
    await database.close();
    await fresh.close();
  }
}

/** A noisy photo, padded to the last byte that is allowed. */
async function largePhoto(): Promise<Uint8Array<ArrayBuffer>> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  const photo = await sharp({ create: { width: 2_400, height: 1_600, channels: 3, background: '#808080', noise } })
    .jpeg({ quality: 85 })
    .toBuffer();
  return new Uint8Array(Buffer.concat([photo, Buffer.alloc(Math.max(0, identityLimits.imageMaxBytes - photo.byteLength))]));
}

async function sendForm(apiUrl: string, session: string, photos: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  const form = new FormData();
  for (const [index, name] of ['id_front', 'id_back', 'selfie'].entries())
    form.append(name, new Blob([photos[index] ?? new Uint8Array()]), 'photo.jpg');
  const reply = await fetch(`${apiUrl}/checkout/identity`, { method: 'POST', body: form, headers: { authorization: `Bearer ${session}` } });
  const { code } = Object(await reply.json());
  if (code !== 'PHOTO_REFUSED') throw new Error(`a form was answered with ${reply.status} ${String(code)}`);
}

async function aSession(database: Database, apiUrl: string): Promise<string> {
  const boxes = createBoxes({ dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) });
  const token = await database.withTransaction(async (tx) => {
    const merchantId = await addMerchant(tx, { name: 'Bench' });
    const customerId = await createCustomers(boxes).add(tx, { phone: '+84901234567' });
    const order = { merchantReference: customerId, amountVnd: 3_000_000, items: [], metadata: {}, language: 'vi' as const };
    const { id } = await createApplication(tx, {
      merchantId,
      customerId,
      ...order,
      deadlineAt: new Date(Date.now() + 3_600_000),
      returnUrl: null,
      cancelUrl: null,
    });
    await advance(tx, id, { status: 'in_progress', step: 'identity' });
    return addCheckoutLink(tx, { applicationId: id, lifetimeMs: 3_600_000 });
  });
  const body = JSON.stringify({ token });
  const reply = await fetch(`${apiUrl}/checkout/sessions`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return String(Object(await reply.json()).session_token);
}

/** Of the process and its children, the decoder among them. */
function residentMb(pid: number): number {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' }).trim().split('\n');
  const own = rows.map((row) => row.trim().split(/\s+/).map(Number)).filter(([id, parent]) => id === pid || parent === pid);
  return own.reduce((sum, [, , kilobytes = 0]) => sum + kilobytes, 0) / 1_024;
}

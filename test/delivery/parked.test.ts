// What people can do with a parked message: send it on its way again, or close it. Nothing they do twice happens twice.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { discardParked, listParked, replayParked } from '../../db/parked.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { publishRaw } from './support/messages.ts';
import { aWorld, fastPool } from './support/world.ts';
import type { World } from './support/world.ts';

const byMai = { actor: 'staff:mai', reason: 'the core is repaired' };
const openOnes = { openOnly: true, limit: 100 };

/** Three purchases that the core refused for a fault of its own, and one message of nobody. */
async function aWorldWithParked(t: Parameters<typeof aWorld>[0]) {
  const world = await aWorld(t);
  world.core.moods = ['refuse', 'refuse', 'refuse'];
  const accepted = await world.accept(3);
  await world.aRelay();
  await world.aPool({ limits: { ...fastPool } });
  await publishRaw(world, [{ body: 'garbage', messageId: 'garbage' }]);
  const rows = await soon(async () => {
    const found = await listParked(world.database, openOnes);
    assert.equal(found.length, 4);
    return found;
  });
  return { world, accepted, rows, garbageId: rows.find((row) => row.messageId === 'garbage')?.id ?? 0 };
}

async function replayEverything(world: World): Promise<string[]> {
  const rows = await listParked(world.database, { openOnly: false, limit: 100 });
  const kinds: string[] = [];
  for (const { id } of rows) kinds.push((await world.database.withTransaction(async (tx) => replayParked(tx, { id, ...byMai }))).kind);
  return kinds.toSorted();
}

test('replaying everything books every purchase once, and replaying everything again changes nothing', async (t) => {
  const { world, accepted, garbageId } = await aWorldWithParked(t);
  assert.deepEqual(await replayEverything(world), ['refused', 'replayed', 'replayed', 'replayed']);
  await bookedExactlyOnce(world, accepted);

  const messages = async () => (await world.database.query('select 1 from outbox')).rowCount;
  const before = await messages();
  assert.deepEqual(await replayEverything(world), ['refused', 'resolved before', 'resolved before', 'resolved before']);
  assert.equal(await messages(), before);
  assert.deepEqual(
    (await listParked(world.database, openOnes)).map((row) => row.id),
    [garbageId],
    'what names no transaction cannot be replayed',
  );
});

test('a message is discarded with a reason and a name, which the audit log keeps', async (t) => {
  const { world, garbageId } = await aWorldWithParked(t);
  const discard = async () => world.database.withTransaction(async (tx) => discardParked(tx, { id: garbageId, ...byMai }));
  assert.deepEqual(await discard(), { kind: 'discarded' });
  assert.deepEqual(await discard(), { kind: 'resolved before', resolution: 'discarded' });
  const { rows } = await world.database.query<{ actor: string; action: string; subject: string; reason: string }>(
    'select actor, action, subject, reason from audit_log',
  );
  assert.deepEqual(rows, [{ ...byMai, action: 'parked_message.discarded', subject: 'garbage' }]);
});

test('a purchase without an outcome cannot be discarded away', async (t) => {
  const { world, rows, garbageId } = await aWorldWithParked(t);
  const purchase = rows.find((row) => row.id !== garbageId);
  const resolving = { id: purchase?.id ?? 0, ...byMai };
  const refused = await world.database.withTransaction(async (tx) => discardParked(tx, resolving));
  assert.deepEqual(refused, { kind: 'refused', why: 'STILL_OPEN' });
  assert.equal((await listParked(world.database, openOnes)).length, 4);
});

test('the command line lists, shows, tries out, replays and says what is wrong with a command', async (t) => {
  const { world, accepted, rows } = await aWorldWithParked(t);
  const entry = fileURLToPath(new URL('../../workers/parked.ts', import.meta.url));
  const parked = async (...args: string[]) => {
    const env = { PATH: '', DATABASE_URL: world.databaseUrl };
    const { stdout } = await promisify(execFile)(process.execPath, [entry, ...args, '--json'], { env });
    const printed: unknown = JSON.parse(stdout);
    assert.ok(Array.isArray(printed));
    return printed.length;
  };
  assert.equal(await parked('list'), 4);
  assert.equal(await parked('list', '--reason', 'MALFORMED'), 1);
  await world.database.query(
    `insert into parked_messages (message_id, reason, first_error, last_error, body, resolved_at, resolution, resolved_by)
     select 'old-' || n, 'CORE_REFUSED', 'x', 'x', '', now(), 'replayed', 'staff:mai' from generate_series(1, 8) n`,
  );
  await assert.rejects(parked('inspect', String(rows[0]?.id)), /--by NAME is needed/);
  assert.equal(await parked('inspect', String(rows[0]?.id), '--by', 'mai'), 1);
  const { rows: looks } = await world.database.query('select actor, action, subject from audit_log');
  assert.deepEqual(looks, [{ actor: 'staff:mai', action: 'parked_message.viewed', subject: rows[0]?.messageId }]);
  const replay = ['replay', '--open', '--reason', 'CORE_REFUSED', '--by', 'mai', '--why', 'the core is repaired', '--rate', '4'];
  assert.equal(await parked(...replay, '--dry-run'), 3);
  assert.equal(await parked('list'), 4, 'a dry run changes nothing');
  await assert.rejects(parked(...replay), { code: 2, stderr: /--second NAME, who agrees to it, is needed/ });
  await assert.rejects(parked(...replay, '--second', 'mai'), { code: 2, stderr: /somebody else/ });
  assert.equal(await parked('list'), 4, 'one person alone replays ten within an hour');
  assert.equal(await parked(...replay, '--second', 'lan'), 3);
  const { rows: agreed } = await world.database.query(`select 1 from audit_log where change->>'approvedBy' = 'staff:lan'`);
  assert.equal(agreed.length, 3);
  const { rows: due } = await world.database.query(`select from outbox where available_at > created_at + interval '450 ms'`);
  assert.equal(due.length, 1, 'four a second: the third is due half a second later');
  await bookedExactlyOnce(world, accepted);
  assert.equal(await parked('list'), 1);
  await assert.rejects(parked('replay', '--open'), /--by NAME and --why TEXT are needed/);
  await assert.rejects(parked('discard', 'x', '--by', 'mai', '--why', 'x'), /ID must be a whole number/);
  const renew = ['renew', '999999', '--by', 'mai', '--why', 'x'];
  await assert.rejects(parked(...renew), { code: 2, stderr: /a new RRN needs a second person/ });
  await assert.rejects(parked(...renew, '--second', 'mai'), { code: 2, stderr: /somebody else/ });
  await assert.rejects(parked(...renew, '--second', 'lan'), { code: 1, stdout: /NOT_FOUND/ });
  await assert.rejects(parked('explode'), /no such command/);
});

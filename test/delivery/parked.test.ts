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

/** The operator's command on this world: how many rows it prints, and what it `said` beside. Rejects with its code and what it wrote, unless the
 *  code is 0. */
function commandLine({ databaseUrl }: World, said: string[] = []): (...args: string[]) => Promise<number> {
  const entry = fileURLToPath(new URL('../../workers/parked.ts', import.meta.url));
  return async (...args) => {
    const env = { PATH: '', DATABASE_URL: databaseUrl };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [entry, ...args, '--json'], { env });
    said.push(stderr);
    const printed: unknown = JSON.parse(stdout);
    assert.ok(Array.isArray(printed));
    return printed.length;
  };
}

/** So many replays that Mai has made within the hour. */
async function replayedByMai({ database }: World, messages: number): Promise<void> {
  await database.query(
    `insert into parked_messages (message_id, reason, first_error, last_error, body, resolved_at, resolution, resolved_by)
     select 'old-' || n, 'CORE_REFUSED', 'x', 'x', '', now(), 'replayed', 'staff:mai' from generate_series(1, $1) n`,
    [messages],
  );
}

test('the command line lists, shows, tries out, replays and says what is wrong with a command', async (t) => {
  const { world, accepted, rows } = await aWorldWithParked(t);
  const said: string[] = [];
  const parked = commandLine(world, said);
  assert.equal(await parked('list'), 4);
  assert.equal(await parked('list', '--limit', '3'), 3);
  assert.deepEqual(said, ['', 'There are more: these are the first 3. --limit N takes more at once.\n']);
  assert.equal(await parked('list', '--reason', 'MALFORMED'), 1);
  await replayedByMai(world, 8);
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
  assert.equal(await parked(...replay), 0, 'a replay of nothing needs nobody');
  const { rows: agreed } = await world.database.query(`select 1 from audit_log where change->>'approvedBy' = 'staff:lan'`);
  assert.equal(agreed.length, 3);
  const { rows: due } = await world.database.query<{ available_at: Date }>('select available_at from outbox order by id desc limit 3');
  const [third, , first] = due.map((row) => row.available_at.getTime());
  assert.ok(Number(third) - Number(first) >= 500, 'four a second: the third is due half a second after the first');
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

test('the command line says that a reason is none, which there are, and that an id is that of no message', async (t) => {
  const parked = commandLine(await aWorld(t));
  for (const command of [['list'], ['replay', '--open', '--dry-run']])
    await assert.rejects(parked(...command, '--reason', 'CORE_REFUSE'), {
      code: 2,
      stderr: /--reason must be one of MALFORMED, .*CORE_REFUSED/,
    });
  const signed = ['--by', 'mai', '--why', 'x'];
  for (const command of [['inspect'], ['replay', '--dry-run'], ['replay'], ['discard']])
    await assert.rejects(parked(...command, '99999', ...signed), { code: 1, stdout: /"id":99999,.*NOT_FOUND/ });
});

test('a replay of all open ones is of those that name a purchase: no others are shown, counted or tried', async (t) => {
  const { world, accepted, garbageId } = await aWorldWithParked(t);
  const parked = commandLine(world);
  await replayedByMai(world, 7);
  assert.equal(await parked('replay', '--open', '--dry-run'), 3);
  assert.equal(await parked('replay', '--open', '--by', 'mai', '--why', 'the core is repaired'), 3, 'ten within the hour, and not eleven');
  await bookedExactlyOnce(world, accepted);
  assert.deepEqual(
    (await listParked(world.database, openOnes)).map(({ id }) => id),
    [garbageId],
  );
});

// The one way to run a transaction never lies: what it returns is stored, what it throws is not, and where nobody can know it says so.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AmbiguousCommit, CommitRefused, isDuplicate, openDatabase, sqlState } from '../../db/pool.ts';
import type { Database, Tx } from '../../db/pool.ts';
import { tcpProxy } from '../delivery/support/tcp-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { aWorld } from './world.ts';

const { database, url } = await aWorld();
await database.query('create table notes (id text primary key, text text not null default $$$$)');

const write = async (tx: Tx, id: string) => tx.query('insert into notes (id) values ($1)', [id]);

async function isStored(id: string): Promise<boolean> {
  return (await database.query('select 1 from notes where id = $1', [id])).rowCount === 1;
}

/** What a PostgreSQL sends whose postmaster dies just then: authentication is fine, ready for queries, terminating connection. */
const welcomeAndFarewell = Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I'), message('E', 'SFATAL\0C57P01\0Mterminating\0\0')]);

function message(kind: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(kind), length, Buffer.from(body)]);
}

type OwnOptions = Partial<Parameters<typeof openDatabase>[0]>;

function aDatabase(t: TestContext, options: OwnOptions = {}): Database {
  const own = openDatabase({ url, applicationName: 'test-pool', ...options });
  t.after(own.close);
  return own;
}

test('work that throws leaves nothing behind, and its error is what the caller sees', async () => {
  const failure = new Error('no');
  const work = async (tx: Tx) => {
    await write(tx, 'thrown');
    throw failure;
  };
  await assert.rejects(database.withTransaction(work), failure);
  assert.equal(await isStored('thrown'), false);
});

test('a COMMIT that answers ROLLBACK is an error, never success', async () => {
  const work = async (tx: Tx) => {
    await write(tx, 'refused');
    await tx.query('select 1 / 0').catch(() => 'a careless catch: the transaction has failed all the same');
  };
  await assert.rejects(database.withTransaction(work), CommitRefused);
  assert.equal(await isStored('refused'), false);
});

test('an answer to COMMIT that is lost on the way is called ambiguous, though the work is stored', async (t) => {
  const wire = await tcpProxy(url);
  t.after(wire.close);
  const far = aDatabase(t, { url: wire.url });
  const committing = assert.rejects(
    far.withTransaction(async (tx) => {
      await write(tx, 'answer lost');
      wire.swallowAnswers();
    }),
    AmbiguousCommit,
  );
  await eventually('the work is stored', async () => isStored('answer lost'));
  wire.cut();
  await committing;
});

test('a connection that is lost before COMMIT arrives is called ambiguous too, and nothing is stored', async (t) => {
  const wire = await tcpProxy(url);
  t.after(wire.close);
  const far = aDatabase(t, { url: wire.url });
  const work = async (tx: Tx) => {
    await write(tx, 'never arrived');
    wire.goDown();
  };
  await assert.rejects(far.withTransaction(work), AmbiguousCommit);
  assert.equal(await isStored('never arrived'), false);
  wire.heal();
  await far.withTransaction(async (tx) => write(tx, 'after the outage'));
  assert.equal(await isStored('after the outage'), true, 'the pool made a new connection');
});

test('a statement that is its own commit is stored when it returns, and an answer that is lost on the way is called ambiguous', async (t) => {
  const wire = await tcpProxy(url);
  t.after(wire.close);
  const far = aDatabase(t, { url: wire.url, poolSize: 1, prepared: true });
  await far.inOneStatement(async (tx) => write(tx, 'at once'));
  assert.equal(await isStored('at once'), true);
  wire.swallowAnswers();
  const lost = assert.rejects(
    far.inOneStatement(async (tx) => write(tx, 'at once, unheard')),
    AmbiguousCommit,
  );
  await eventually('the work is stored', async () => isStored('at once, unheard'));
  wire.heal();
  await lost;
  await far.inOneStatement(async (tx) => write(tx, 'on a new connection'));
  assert.equal(await isStored('on a new connection'), true);
});

test('a statement that PostgreSQL refuses is an ordinary error, and its connection is used again', async (t) => {
  const single = aDatabase(t, { poolSize: 1, prepared: true });
  await single.inOneStatement(async (tx) => write(tx, 'only once'));
  await assert.rejects(
    single.inOneStatement(async (tx) => write(tx, 'only once')),
    isDuplicate,
  );
  const { rows } = await single.query<{ pid: number }>('select pg_backend_pid() as pid');
  assert.deepEqual((await single.inOneStatement(async (tx) => tx.query('select pg_backend_pid() as pid'))).rows, rows);
});

test('a session that is ended during a statement of its own commit is called ambiguous', async (t) => {
  const own = aDatabase(t);
  const work = async (tx: Tx) => tx.query('select pg_terminate_backend(pg_backend_pid())');
  await assert.rejects(own.inOneStatement(work), AmbiguousCommit);
});

test('work of one statement cannot become two commits', async () => {
  const work = async (tx: Tx) => {
    await write(tx, 'the one statement');
    await write(tx, 'one too many');
  };
  await assert.rejects(database.inOneStatement(work), /needs withTransaction/);
  assert.equal(await isStored('one too many'), false);
});

test('a server that ends the connection in the middle leaves nothing behind, and the dead connection is not used again', async (t) => {
  const single = aDatabase(t, { poolSize: 1 });
  const work = async (tx: Tx) => {
    await write(tx, 'killed');
    await tx.query('select pg_terminate_backend(pg_backend_pid())');
  };
  await assert.rejects(single.withTransaction(work), { code: '57P01' });
  assert.equal(await isStored('killed'), false);
  assert.equal((await single.query('select 1')).rowCount, 1);
});

test('a connection that dies while nobody uses it is reported, and the process lives on', async (t) => {
  const errors: Error[] = [];
  const idle = aDatabase(t, { poolSize: 1, onError: (error) => errors.push(error) });
  const { rows } = await idle.query<{ pid: number }>('select pg_backend_pid() as pid');
  await database.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await eventually('the loss is reported', () => errors.length === 1);
  assert.equal((await idle.query('select 1')).rowCount, 1);
});

test('a serialisation failure is tried again with fresh eyes, and given up after the cap', async () => {
  await database.query(`insert into notes (id) values ('contended')`);
  let tries = 0;
  const work = (disturbed: (time: number) => boolean) => async (tx: Tx) => {
    tries += 1;
    await tx.query('set transaction isolation level repeatable read');
    await tx.query('select 1 from notes');
    if (disturbed(tries)) await database.query(`update notes set text = text || 'x' where id = 'contended'`);
    await tx.query(`update notes set text = text || 'y' where id = 'contended'`);
  };
  await database.withTransaction(work((time) => time < 3));
  assert.equal(tries, 3);
  const { rows } = await database.query(`select text from notes where id = 'contended'`);
  assert.deepEqual(rows, [{ text: 'xxy' }], 'the tries that failed left nothing');
  tries = 0;
  await assert.rejects(database.withTransaction(work(() => true)), (error) => sqlState(error) === '40001');
  assert.equal(tries, 4);
});

test('two transactions that lock each other out both come through', async () => {
  await database.query(`insert into notes (id) values ('left'), ('right')`);
  let waiting = 0;
  const both = async (first: string, second: string) =>
    database.withTransaction(async (tx) => {
      await tx.query(`update notes set text = text || 'z' where id = $1`, [first]);
      waiting += 1;
      await eventually('the other one has its lock', () => waiting >= 2);
      await tx.query(`update notes set text = text || 'z' where id = $1`, [second]);
    });
  await Promise.all([both('left', 'right'), both('right', 'left')]);
  const { rows } = await database.query(`select text from notes where id in ('left', 'right')`);
  assert.deepEqual(rows, [{ text: 'zz' }, { text: 'zz' }]);
});

test('a constraint that is checked at COMMIT speaks for itself: it is neither ambiguous nor tried again', async () => {
  await database.query('create table parts (id text primary key, of text references notes deferrable initially deferred)');
  let tries = 0;
  const work = async (tx: Tx) => {
    tries += 1;
    await tx.query(`insert into parts values ('p', 'nothing')`);
  };
  await assert.rejects(database.withTransaction(work), { code: '23503' });
  assert.equal(tries, 1);
});

test('money in the database comes back as a number where that is exact, and as an error where it is not', async () => {
  const { rows } = await database.query('select 9007199254740991::bigint as most, (-42)::bigint as less');
  assert.deepEqual(rows, [{ most: Number.MAX_SAFE_INTEGER, less: -42 }]);
  await assert.rejects(database.query('select 9007199254740993::bigint'), RangeError);
});

test('a duplicate is told from other errors', async () => {
  await database.withTransaction(async (tx) => write(tx, 'twice'));
  await assert.rejects(
    database.withTransaction(async (tx) => write(tx, 'twice')),
    (error) => isDuplicate(error),
  );
  assert.equal(isDuplicate(new Error('23505')), false);
});

test('a network that dies without a word holds nobody for ever: the connection is given up, a COMMIT on it is ambiguous, and work goes on', async (t) => {
  const wire = await tcpProxy(url);
  t.after(wire.close);
  const far = aDatabase(t, { url: wire.url, poolSize: 1, queryTimeoutMs: 2_000 });
  await far.query('select 1');
  wire.goSilent();
  await assert.rejects(far.query('select 1'), /timeout/);
  wire.heal();
  const silent = far.withTransaction(async (tx) => {
    await write(tx, 'silence in commit');
    wire.goSilent();
  });
  await assert.rejects(silent, AmbiguousCommit);
  wire.heal();
  await far.withTransaction(async (tx) => write(tx, 'after the silence'));
  assert.equal(await isStored('after the silence'), true);
});

test('a server that ends a connection in the same breath in which it opened it is an error, and not the end of the process', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.end(welcomeAndFarewell)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const far = aDatabase(t, { url: `postgres://user:password@127.0.0.1:${port}/any`, onError: () => undefined });
  await assert.rejects(far.query('select 1'));
  await assert.rejects(far.withTransaction(async (tx) => tx.query('select 1')));
});

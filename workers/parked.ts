// The operator's tool for parked messages: `npm run parked -- list`. What it changes is one commit per message, with an audit row;
// running the same command twice changes nothing the second time.

import { parseArgs } from 'node:util';
import { readEnv } from '../config/env.ts';
import { deliveryLimits } from '../config/limits.ts';
import { staffLimits } from '../config/staff-limits.ts';
import { discardParked, inspectParked, listParked, readParked, renewParked, replayAll, replayOfNeedsTwo } from '../db/parked.ts';
import type { ParkedFilter, ParkedRow, Resolved } from '../db/parked.ts';
import { openDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { parkReasons } from '../domain/delivery.ts';
import type { ParkReason } from '../domain/delivery.ts';
import { messageOf } from './report-command.ts';

const options = {
  reason: { type: 'string' },
  all: { type: 'boolean', default: false },
  open: { type: 'boolean', default: false },
  limit: { type: 'string', default: '1000' },
  by: { type: 'string' },
  second: { type: 'string' },
  why: { type: 'string' },
  rate: { type: 'string', default: String(deliveryLimits.replayPerSecond) },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const usage = `Messages that could not be handled, and what to do with them.

  list     [--reason REASON] [--all] [--limit N]   open ones, oldest first; --all shows resolved ones too
  inspect  ID --by NAME                            everything about one, its body included
  replay   ID | --open [--reason REASON]           send its transaction on its way again; --open: all that name one, up to the limit
           --by NAME --why TEXT [--second NAME] [--rate N] [--limit N] [--dry-run]
  renew    ID --by NAME --second NAME --why TEXT   give a purchase that is parked for OTHER_BOOKING a new RRN and send it
  discard  ID --by NAME --why TEXT                 close it without doing anything

  More than ${staffLimits.replayMaxMessages} replays by one person within an hour need a second one, who agrees to it: --second NAME.
  --json prints one JSON value instead of lines. --limit is how many are taken at once (default ${options.limit.default}).
  --rate is messages per second that become due (default ${deliveryLimits.replayPerSecond}).
`;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** A command that cannot be carried out as it was given. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function run(database: Database, command: string | undefined, id: string | undefined, flags: Flags): Promise<object[]> {
  const filter = { openOnly: !flags.all, reason: reasonOf(flags), limit: positive(flags.limit, 'limit') };
  switch (command ?? 'none') {
    case 'list':
      return firstParked(database, filter);
    case 'inspect': {
      const by = { actor: actorOf(flags) };
      const row = await database.withTransaction(async (tx) => inspectParked(tx, positive(id, 'ID'), by));
      return [row ? { ...row, body: row.body.toString('utf8') } : notFound(id)];
    }
    case 'replay': {
      if (flags.open === (id !== undefined)) throw new UsageError('replay needs an ID or --open, and not both');
      const all = { ...filter, openOnly: true, replayableOnly: true };
      const rows = id === undefined ? await firstParked(database, all) : [(await readParked(database, positive(id, 'ID'))) ?? notFound(id)];
      return flags['dry-run'] ? rows : replay(database, rows, flags);
    }
    case 'renew': {
      const approvedBy = second(flags);
      if (approvedBy === undefined) throw new UsageError('a new RRN needs a second person: --second NAME, who agrees to it');
      const resolving = { id: positive(id, 'ID'), ...signed(flags), approvedBy };
      const resolved = await database.withTransaction(async (tx) => renewParked(tx, resolving));
      return [{ id: resolving.id, ...resolved }];
    }
    case 'discard': {
      const resolving = { id: positive(id, 'ID'), ...signed(flags) };
      const resolved = await database.withTransaction(async (tx) => discardParked(tx, resolving));
      return [{ id: resolving.id, ...resolved }];
    }
    default:
      throw new UsageError('no such command');
  }
}

/** As many as the limit allows; says so when there are more. */
async function firstParked(database: Database, { limit, ...filter }: ParkedFilter): Promise<ParkedRow[]> {
  const rows = await listParked(database, { ...filter, limit: limit + 1 });
  if (rows.length > limit) process.stderr.write(`There are more: these are the first ${limit}. --limit N takes more at once.\n`);
  return rows.slice(0, limit);
}

function notFound(id: string | undefined): { id: number } & Resolved {
  return { id: positive(id, 'ID'), kind: 'refused', why: 'NOT_FOUND' };
}

function reasonOf({ reason }: Flags): ParkReason | undefined {
  const known = parkReasons.find((each) => each === reason);
  if (reason !== undefined && known === undefined) throw new UsageError(`--reason must be one of ${parkReasons.join(', ')}`);
  return known;
}

async function replay(database: Database, rows: { id: number; resolution?: unknown }[], flags: Flags): Promise<object[]> {
  const resolving = { ...signed(flags), perSecond: positive(flags.rate, 'rate') };
  const ids = rows.map(({ id }) => id);
  const open = rows.filter(({ resolution }) => resolution === null);
  return replayAll(database, ids, { ...resolving, ...(await agreed(database, open.length, flags)) });
}

function actorOf({ by }: Flags): string {
  if (!by) throw new UsageError('--by NAME is needed: it is written to the audit log');
  return `staff:${by}`;
}

function signed(flags: Flags): { actor: string; reason: string } {
  if (!flags.by || !flags.why) throw new UsageError('--by NAME and --why TEXT are needed: both are written to the audit log');
  return { actor: actorOf(flags), reason: flags.why };
}

/** The second person, where the ops API would ask for one. The command line cannot prove who they are; the audit log names both. */
async function agreed(database: Database, messages: number, flags: Flags): Promise<{ approvedBy?: string }> {
  const approvedBy = second(flags);
  if (approvedBy !== undefined) return { approvedBy };
  if (await replayOfNeedsTwo(database, actorOf(flags), messages))
    throw new UsageError('these are too many for one person: --second NAME, who agrees to it, is needed; nothing was replayed');
  return {};
}

function second(flags: Flags): string | undefined {
  const approvedBy = flags.second ? `staff:${flags.second}` : undefined;
  if (approvedBy === actorOf(flags)) throw new UsageError('--second must be somebody else than --by');
  return approvedBy;
}

function positive(text: string | undefined, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${name} must be a whole number above 0`);
  return value;
}

async function main(args: string[]): Promise<number> {
  let database: Database | undefined;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [command, id] = positionals;
    database = openDatabase({ url: readEnv('operations').DATABASE_URL, applicationName: 'parked', poolSize: 1 });
    const rows = await run(database, command, id, values);
    if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
    else if (rows.length === 0) process.stdout.write('None.\n');
    else console.table(rows);
    return rows.some((row) => 'kind' in row && row.kind === 'refused') ? 1 : 0;
  } catch (error) {
    const mistaken = error instanceof UsageError || (error instanceof TypeError && 'code' in error); // parseArgs throws such TypeErrors
    process.stderr.write(`${messageOf(error)}\n${mistaken ? `\n${usage}` : ''}`);
    return mistaken ? 2 : 1;
  } finally {
    await database?.close();
  }
}

process.exitCode = await main(process.argv.slice(2));

// What must hold when everything is quiet again. It is read in the two books themselves, ours and WAY4's, and compared with what the senders
// were told; no log and no counter of the code under test is believed.

import { defaultInstallation } from '../../adapters/way4/wire.ts';
import { queuesOf } from '../../adapters/rabbitmq/topology.ts';
import type { Queryable } from '../../db/pool.ts';
import { withChannel } from '../delivery/support/messages.ts';
import type { LoadBook } from './load.ts';
import type { Stage } from './stage.ts';

/** The answer of WAY4 to a purchase that it booked. */
const booked = defaultInstallation.respCodes.ok;

/** When something was struck that explains what is a mistake otherwise. Milliseconds since 1970. */
export interface Excuses {
  /** Confirmed messages were taken away: all that waited, or those that were delayed. */
  losses: { taken: 'waiting' | 'delayed'; at: number }[];
  /** A process, or the database, stood still: a request may have been on its way past its lease. */
  standstills: { from: number; to: number }[];
}

export interface Verdict {
  accepted: number;
  posted: number;
  rejected: number;
  parked: number;
  lost: number;
  duplicated: number;
  violations: string[];
}

/** True when nothing is on its way any more: every transaction settled and told, every queue and the outbox empty. */
export async function isQuiet(stage: Stage): Promise<boolean> {
  const { rows } = await stage.database.query<{ busy: boolean }>(
    `select exists (select from transactions t where status = 'accepted')
         or exists (select from outbox where published_at is null) or exists (select from outcome_notices)
         or exists (select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%') as busy`,
  );
  return rows[0]?.busy === false && (await messagesLeft(stage)) === 0;
}

/** Messages in all queues that nobody has fetched. */
export async function messagesLeft({ amqpUrl, topology }: Stage): Promise<number> {
  return withChannel({ amqpUrl }, async (channel) => {
    let left = 0;
    for (const { name } of queuesOf(topology)) left += (await channel.checkQueue(name)).messageCount;
    return left;
  });
}

/** Reads both books. Call it when everything is quiet, or when the time for that is over. */
export async function judge(stage: Pick<Stage, 'database' | 'profile'>, book: LoadBook, excuses: Excuses): Promise<Verdict> {
  const { database } = stage;
  const ours = await readOurs(database);
  const violations = [...book.violations];
  const broken = (rule: string, ids: readonly string[]): number => {
    if (ids.length > 0) violations.push(`${rule}: ${ids.length}, e.g. ${ids.slice(0, 3).join(', ')}`);
    return ids.length;
  };
  const byId = new Map(ours.map((row) => [row.id, row]));
  const acknowledged = [...book.accepted.values()];
  const vanished = broken(
    'accepted, but there is no such transaction',
    acknowledged.filter(({ transactionId }) => !byId.has(transactionId)).map(({ transactionId }) => transactionId),
  );
  broken(
    'accepted with other terms than were asked for',
    acknowledged
      .filter((told) => byId.has(told.transactionId) && !isAsTold(byId.get(told.transactionId), told))
      .map((told) => told.transactionId),
  );
  const open = broken(
    'accepted without an outcome',
    ours.filter(({ status }) => status === 'accepted').map(({ id }) => id),
  );
  const unposted = broken(
    'settled as posted, but WAY4 has no booking',
    ours.filter((row) => row.status === 'posted' && row.docCode !== booked).map(({ id }) => id),
  );
  broken(
    'settled as rejected, but WAY4 did not refuse it',
    ours.filter((row) => row.status === 'rejected' && (row.docCode === null || row.docCode === booked)).map(({ id }) => id),
  );
  broken(
    'WAY4 has another amount',
    ours.filter((row) => row.docAmountVnd !== null && row.docAmountVnd !== row.amountVnd).map(({ id }) => id),
  );
  broken(
    'nobody asked for it',
    ours.filter((row) => !book.intents.has(intentOf(row))).map(({ id }) => id),
  );
  broken(
    'its outcome was not told, or another one was',
    ours.filter((row) => !isTold(book, row)).map(({ id }) => id),
  );
  broken(
    'sent twice without an inquiry',
    ours.filter((row) => row.docAttempts > 1 && !stoodStill(row, excuses)).map(({ id }) => id),
  );
  const twice = broken('one intent was booked more than once', bookedTwice(ours));
  broken('WAY4 booked what we never accepted', await strangers(database));
  broken('over the limit', await overLimit(database));
  const parked = await judgeParked(stage, book, excuses, broken);
  return {
    accepted: ours.length,
    posted: ours.filter(({ status }) => status === 'posted').length,
    rejected: ours.filter(({ status }) => status === 'rejected').length,
    parked,
    lost: vanished + open + unposted,
    duplicated: twice,
    violations,
  };
}

interface Row {
  id: string;
  intentKey: string;
  rrn: string;
  status: 'accepted' | 'posted' | 'rejected';
  amountVnd: number;
  acceptedAt: Date;
  settledAt: Date | null;
  docCode: string | null;
  docAmountVnd: number | null;
  /** How often WAY4 was asked to book it. */
  docAttempts: number;
}

async function readOurs(database: Queryable): Promise<Row[]> {
  const { rows } = await database.query<Row & Record<string, unknown>>(
    `select t.id, t.rrn, t.intent_key as "intentKey", t.status, t.amount_vnd as "amountVnd", t.accepted_at as "acceptedAt", t.settled_at as "settledAt",
       d.resp_code as "docCode", d.amount_vnd as "docAmountVnd", coalesce(d.attempts, 0) as "docAttempts"
     from transactions t left join sandbox.docs d on d.rrn = t.rrn order by t.id`,
  );
  return rows;
}

function isAsTold(row: Row | undefined, told: { rrn: string; amountVnd: number }): boolean {
  return row?.rrn === told.rrn && row.amountVnd === told.amountVnd;
}

function isTold({ told }: LoadBook, { id, status }: Row): boolean {
  const heard = told.get(id);
  return status === 'accepted' ? heard === undefined : heard?.size === 1 && heard.has(status);
}

/** A process that was frozen with a request in hand sends it when it wakes, and only WAY4 can refuse that one. */
function stoodStill({ acceptedAt, settledAt }: Row, { standstills }: Excuses): boolean {
  const until = settledAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return standstills.some(({ from, to }) => acceptedAt.getTime() <= to && until >= from);
}

/** What was asked for, whatever a mutant made of its key. */
function intentOf({ intentKey }: Pick<Row, 'intentKey'>): string {
  return intentKey.split(':').slice(0, 2).join(':');
}

function bookedTwice(rows: readonly Row[]): string[] {
  const bookings = Map.groupBy(
    rows.filter(({ docCode }) => docCode === booked),
    intentOf,
  );
  return [...bookings].filter(([, twice]) => twice.length > 1).map(([intentKey]) => intentKey);
}

async function strangers(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ rrn: string }>(
    'select d.rrn from sandbox.docs d left join transactions t on t.rrn = d.rrn where t.id is null',
  );
  return rows.map(({ rrn }) => rrn);
}

async function overLimit(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ contract_number: string }>(
    `select c.contract_number from sandbox.contracts c
     where c.posted_vnd > c.limit_vnd or c.posted_vnd is distinct from
            (select coalesce(sum(amount_vnd), 0) from sandbox.docs d where d.contract_number = c.contract_number and d.resp_code = $1)`,
    [booked],
  );
  return rows.map(({ contract_number }) => contract_number);
}

/** Exactly the poison is parked; only what may have waited in a work queue that was deleted may be missing. Poison is never delayed. */
async function judgeParked(
  { database, profile }: Pick<Stage, 'database' | 'profile'>,
  { poison }: LoadBook,
  { losses }: Excuses,
  broken: (rule: string, ids: readonly string[]) => number,
): Promise<number> {
  const { rows } = await database.query<{ message_id: string }>('select message_id from parked_messages');
  const parked = new Set(rows.map(({ message_id }) => message_id));
  broken(
    'parked, but it was no poison',
    [...parked].filter((id) => !poison.has(id)),
  );
  const wasTaken = (sentAt: number): boolean =>
    losses.some(({ taken, at }) => taken === 'waiting' && sentAt <= at && sentAt >= at - profile.quietWithinMs);
  // NaN: nobody knows whether the broker ever had it.
  const due = [...poison].filter(([id, sentAt]) => !parked.has(id) && !Number.isNaN(sentAt) && !wasTaken(sentAt));
  broken(
    'poison was not parked',
    due.map(([id]) => id),
  );
  return parked.size;
}

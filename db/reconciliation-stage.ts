// Where one comparison keeps what WAY4 listed: a temporary table of its session, so that no volume needs more memory than one batch. The
// session also holds the lock that keeps two comparisons from running at once. Both end with the session, whatever becomes of the process.

import type { CoreDocument } from '../domain/ports.ts';
import type { Database, Queryable } from './pool.ts';

/** Another comparison is at work; nothing was compared. */
export class ComparisonRuns extends Error {
  override readonly name = 'ComparisonRuns';

  constructor() {
    super('another comparison is running; wait until it has ended');
  }
}

export interface Stage {
  add(documents: readonly CoreDocument[]): Promise<void>;
  /** The documents of the RRNs after this one, about `rows` of them and in the order of their RRNs, all documents of an RRN together. Empty at the end. */
  after(rrn: string, rows: number): Promise<CoreDocument[]>;
  /** Which of these RRNs have documents. */
  known(rrns: readonly string[]): Promise<Set<string>>;
}

const comparisonLock = 7_274_726_103; // An arbitrary number, the same in all processes.

/** Lends an empty stage. `alone`: throws {@link ComparisonRuns} while another one is lent that way. */
export async function withStage<T>(
  database: Pick<Database, 'withSession'>,
  alone: boolean,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  return database.withSession(async (session) => {
    // A process whose network died must not hold the lock for the two hours that an operating system takes to notice.
    await session.query('set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3');
    const staged = async (): Promise<T> => {
      await session.query(
        'create temporary table stage (rrn text collate "C", contract_number text, amount_vnd bigint, status text, booked_at text)',
      );
      await session.query('create index on stage (rrn)');
      await session.query('set enable_seqscan = off');
      return work(stageOf(session));
    };
    return alone ? locked(session, staged) : staged();
  });
}

/** The lock ends with the session at the latest, which the server may notice a moment after us; so it is given back. */
async function locked<T>(session: Queryable, work: () => Promise<T>): Promise<T> {
  const { rows } = await session.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [comparisonLock]);
  if (!rows[0]?.mine) throw new ComparisonRuns();
  try {
    return await work();
  } finally {
    await session.query('select pg_advisory_unlock($1)', [comparisonLock]).catch(() => undefined);
  }
}

function stageOf(session: Queryable): Stage {
  return {
    add: async (documents) => {
      const column = (of: (document: CoreDocument) => unknown): unknown[] => documents.map(of);
      await session.query('insert into stage select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])', [
        column(({ rrn }) => rrn),
        column(({ contractNumber }) => contractNumber),
        column(({ amountVnd }) => amountVnd),
        column(({ status }) => status),
        column(({ bookedAt }) => bookedAt),
      ]);
    },
    after: async (rrn, limit) => {
      const { rows } = await session.query<CoreDocument & Record<string, unknown>>(
        `select rrn, contract_number as "contractNumber", amount_vnd as "amountVnd", status, booked_at as "bookedAt"
         from stage where rrn > $1 order by rrn limit $2`,
        [rrn, limit],
      );
      if (rows.length < limit) return rows;
      const whole = rows.filter((row) => row.rrn !== rows.at(-1)?.rrn);
      return whole.length > 0 ? whole : rows; // so many of one RRN are a duplicate, however many more there are
    },
    known: async (rrns) => {
      const { rows } = await session.query<{ rrn: string }>('select distinct rrn from stage where rrn = any($1)', [rrns]);
      return new Set(rows.map(({ rrn }) => rrn));
    },
  };
}

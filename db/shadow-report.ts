// How challengers did beside the decisions that were taken: counts, amounts and samples, from the records alone.

import type { Queryable } from './pool.ts';

export interface ShadowReport {
  sha256: string;
  /** Null when it never gave an answer. */
  version: string | null;
  decisions: number;
  agrees: number;
  failed: number;
  late: number;
  /** Disagreements by what was decided and what it would have decided. */
  differs: { from: string; to: string; decisions: number; limitDeltaVnd: number }[];
  /** Newest disagreements. */
  samples: string[];
}

const maxSamples = 10; // Our choice: enough to look at by hand.

/** A report for each challenger that ran since then, newest first. */
export async function shadowReports(db: Queryable, since: Date): Promise<ShadowReport[]> {
  const { rows } = await db.query<ShadowReport & Record<string, unknown>>(
    `with ran as (
       select seq, id, outcome, limit_vnd, challenger->>'sha256' as sha256, challenger->>'version' as version, challenger->>'kind' as kind,
         challenger->>'outcome' as would, (challenger->>'limitVnd')::bigint as would_vnd
       from decisions where challenger is not null and decided_at >= $1
     ), differing as (
       select sha256, outcome as "from", would as "to", count(*) as decisions,
         sum(coalesce(would_vnd, 0) - coalesce(limit_vnd, 0))::bigint as "limitDeltaVnd"
       from ran where kind = 'differs' group by 1, 2, 3
     )
     select sha256, max(version) as version, count(*) as decisions,
       count(*) filter (where kind = 'agrees') as agrees, count(*) filter (where kind = 'failed') as failed,
       count(*) filter (where kind = 'late') as late,
       coalesce((select jsonb_agg(jsonb_build_object('from', "from", 'to', "to", 'decisions', decisions, 'limitDeltaVnd', "limitDeltaVnd")
         order by decisions desc, "from", "to") from differing d where d.sha256 = ran.sha256), '[]') as differs,
       coalesce((array_agg(id order by seq desc) filter (where kind = 'differs'))[1:${maxSamples}], '{}') as samples
     from ran group by sha256 order by max(seq) desc`,
    [since],
  );
  return rows;
}

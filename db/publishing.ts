// How a ruleset comes into force and goes out of it again: one person proposes, another approves, at once or at a set time; a rollback is
// instant; a challenger runs beside without deciding anything. Every change is one commit with its audit row.

import { inForceAt, challengerAt, addDocument, addEvent, lockRulesets, rulesetHash } from './rulesets.ts';
import type { Signed } from './rulesets.ts';
import type { Queryable, Tx } from './pool.ts';

export type Published =
  | { kind: 'proposed'; sha256: string }
  | { kind: 'approved'; sha256: string; effectiveFrom: Date }
  | { kind: 'refused'; why: string };

/** Proposes a document, or approves the proposal of somebody else: both have the very same document in their hands. Refused for one's own
 *  proposal, for what is in force already, and for a version that is taken by another document. `document` has passed the linter. */
export async function publishRuleset(tx: Tx, document: unknown, by: Signed & { at: Date; effectiveFrom: Date | null }): Promise<Published> {
  await lockRulesets(tx);
  const refused = (why: string): Published => ({ kind: 'refused', why });
  const sha256 = rulesetHash(document);
  if (await isTaken(tx, document, sha256)) return refused('this id and version are those of another document: give it a new version');
  if ((await inForceAt(tx, by.at))?.sha256 === sha256) return refused('it is in force already');
  await addDocument(tx, document);
  const open = await openProposal(tx, sha256);
  if (!open) {
    await addEvent(tx, { kind: 'proposed', sha256, ...by });
    return { kind: 'proposed', sha256 };
  }
  if (open.actor === by.actor) return refused('it is your own proposal: another person approves it');
  const wanted = open.effective_from ?? by.at;
  if (by.effectiveFrom && by.effectiveFrom.getTime() !== wanted.getTime()) return refused(`it was proposed for ${wanted.toISOString()}`);
  const effectiveFrom = wanted > by.at ? wanted : by.at;
  await addEvent(tx, { kind: 'approved', sha256, ...by, effectiveFrom, proposedBy: open.actor });
  return { kind: 'approved', sha256, effectiveFrom };
}

async function isTaken(tx: Tx, document: unknown, sha256: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from rulesets where id = $1::jsonb->>'id' and version = $1::jsonb->>'version' and sha256 <> $2`,
    [JSON.stringify(document), sha256],
  );
  return rowCount !== 0;
}

/** The proposal that waits for a second person: the newest word about this document, if it is one. */
async function openProposal(tx: Tx, sha256: string): Promise<{ actor: string; effective_from: Date | null } | undefined> {
  const { rows } = await tx.query<{ kind: string; actor: string; effective_from: Date | null }>(
    `select kind, actor, effective_from from ruleset_events where ruleset_sha256 = $1 and kind in ('proposed', 'approved', 'rolled_back')
     order by seq desc limit 1`,
    [sha256],
  );
  return rows[0]?.kind === 'proposed' ? rows[0] : undefined;
}

export type RolledBack = { kind: 'rolled_back'; sha256: string; replaces: string } | { kind: 'refused'; why: string };

/** Puts the ruleset that was in force before back into force, at once, and drops what was scheduled. What was rolled back from before is
 *  passed over. Refused when there is nothing to go back to. */
export async function rollBackRuleset(tx: Tx, { at, ...by }: Signed & { at: Date }): Promise<RolledBack> {
  await lockRulesets(tx);
  const current = await inForceAt(tx, at);
  const { rows } = await tx.query<{ sha256: string }>(
    `select ruleset_sha256 as sha256 from ruleset_events e
     where kind in ('shipped', 'approved', 'rolled_back') and effective_from <= $1 and ruleset_sha256 <> $2
       and not exists (select from ruleset_events r where r.kind = 'rolled_back' and r.replaces_sha256 = e.ruleset_sha256 and r.seq > e.seq)
     order by effective_from desc, seq desc limit 1`,
    [at, current?.sha256 ?? ''],
  );
  const previous = rows[0];
  if (!current || !previous) return { kind: 'refused', why: 'no other ruleset was in force before' };
  await addEvent(tx, { kind: 'rolled_back', sha256: previous.sha256, ...by, effectiveFrom: at, replacesSha256: current.sha256 });
  return { kind: 'rolled_back', sha256: previous.sha256, replaces: current.sha256 };
}

/** Lets a document run as challenger until then, in place of another one. It decides nothing, so one person is enough. Refused for a
 *  version that is taken by another document. */
export async function startShadow(
  tx: Tx,
  document: unknown,
  by: Signed & { at: Date; until: Date },
): Promise<{ kind: 'started'; sha256: string } | { kind: 'refused'; why: string }> {
  await lockRulesets(tx);
  const sha256 = rulesetHash(document);
  if (await isTaken(tx, document, sha256)) {
    return { kind: 'refused', why: 'this id and version are those of another document: give it a new version' };
  }
  await addDocument(tx, document);
  const { actor, reason, at: effectiveFrom, until: effectiveUntil } = by;
  await addEvent(tx, { kind: 'shadow_started', sha256, actor, reason, effectiveFrom, effectiveUntil });
  return { kind: 'started', sha256 };
}

/** Stops the challenger. False when none runs. */
export async function stopShadow(tx: Tx, { at, ...by }: Signed & { at: Date }): Promise<boolean> {
  await lockRulesets(tx);
  const running = await challengerAt(tx, at);
  if (!running) return false;
  await addEvent(tx, { kind: 'shadow_stopped', sha256: running.sha256, ...by });
  return true;
}

export interface ListedRuleset {
  id: string;
  version: string;
  sha256: string;
  state: 'in force' | 'scheduled' | 'proposed' | 'challenger' | 'not in force';
  /** When it came or comes into effect; for a challenger until when it runs. */
  at: Date | null;
  /** Who said the last word about it. */
  by: string;
  decisions: number;
}

/** All rulesets, newest first, as they stand at a time. */
export async function listRulesets(db: Queryable, now: Date): Promise<ListedRuleset[]> {
  const inForce = (await inForceAt(db, now))?.sha256 ?? null;
  const challenger = (await challengerAt(db, now))?.sha256 ?? null;
  const { rows } = await db.query<ListedRuleset>(
    `with last as (
       select distinct on (ruleset_sha256) * from ruleset_events order by ruleset_sha256, seq desc
     ), rollback as (select coalesce(max(seq), 0) as seq from ruleset_events where kind = 'rolled_back')
     select r.id, r.version, r.sha256, last.actor as by, coalesce(last.effective_until, last.effective_from) as at,
       case when r.sha256 = $1 then 'in force'
         when r.sha256 = $2 then 'challenger'
         when last.kind = 'proposed' then 'proposed'
         when last.kind = 'approved' and last.effective_from > $3 and last.seq > rollback.seq then 'scheduled'
         else 'not in force' end as state,
       (select count(*) from decisions d where d.ruleset_sha256 = r.sha256) as decisions
     from rulesets r join last on last.ruleset_sha256 = r.sha256, rollback order by r.added_at desc, r.version desc`,
    [inForce, challenger, now],
  );
  return rows;
}

// Rulesets and who put which in force when. A document is named by the hash of its canonical JSON and never changes; what happens to it
// is a list that only grows. Which one is in force follows from that list, so a rollback is one more line of it.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { parseRuleset, type Ruleset } from '../domain/decision/ruleset.ts';
import { invariant } from '../domain/failures.ts';
import { audit } from './audit.ts';
import type { Queryable, Tx } from './pool.ts';

/** A ruleset with the hash that names it. */
export interface NamedRuleset {
  sha256: string;
  ruleset: Ruleset;
}

/** Who wants something done to the rulesets, and why; both are written to the audit log. */
export interface Signed {
  /** `staff:<name>` or `system:<component>`. */
  actor: string;
  reason: string;
}

export interface Rulesets {
  /** The rulesets for a decision at this time: the one in force, and the challenger that runs beside it. Where none was ever put in force,
   *  the shipped one is from now on. Throws when the document in force cannot be read; the challenger's is not read yet. */
  forDecision(tx: Tx, now: Date, shipped: unknown): Promise<{ champion: NamedRuleset; challenger: Lazy | null }>;
  /** The ruleset with this hash, or null. */
  byHash(db: Queryable, sha256: string): Promise<NamedRuleset | null>;
}

export interface Lazy {
  sha256: string;
  read: () => Ruleset;
}

/** Reads rulesets, each once: a document never changes, so what was read of it stays true. */
export function createRulesets(): Rulesets {
  const known = new Map<string, Ruleset>();
  const readOnce = ({ sha256, document }: Document): Ruleset => {
    const found = known.get(sha256) ?? readDocument({ sha256, document });
    known.set(sha256, found);
    return found;
  };
  return {
    async forDecision(tx, now, shipped) {
      const inForce = (await inForceAt(tx, now)) ?? (await ship(tx, now, shipped));
      const challenger = await challengerAt(tx, now);
      return {
        champion: { sha256: inForce.sha256, ruleset: readOnce(inForce) },
        challenger: challenger && { sha256: challenger.sha256, read: () => readOnce(challenger) },
      };
    },
    async byHash(db, sha256) {
      const found = known.get(sha256);
      if (found) return { sha256, ruleset: found };
      const { rows } = await db.query<Document>('select sha256, document from rulesets where sha256 = $1', [sha256]);
      return rows[0] ? { sha256, ruleset: readOnce(rows[0]) } : null;
    },
  };
}

export interface Document {
  sha256: string;
  document: string;
}

function readDocument({ sha256, document }: Document): Ruleset {
  const parsed: unknown = JSON.parse(document);
  invariant(rulesetHash(parsed) === sha256, 'a ruleset fits the hash that names it');
  return parseRuleset(parsed);
}

/** The hash that names a document: over its canonical JSON, so that layout does not matter. */
export function rulesetHash(document: unknown): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}

/** The document in force at a time, or null before the first one. */
export async function inForceAt(db: Queryable, at: Date): Promise<Document | null> {
  const { rows } = await db.query<Document>(
    `select r.sha256, r.document from ruleset_events e join rulesets r on r.sha256 = e.ruleset_sha256
     where e.kind in ('shipped', 'approved', 'rolled_back') and e.effective_from <= $1
       and e.seq >= (select coalesce(max(seq), 0) from ruleset_events where kind = 'rolled_back')
     order by e.effective_from desc, e.seq desc limit 1`,
    [at],
  );
  return rows[0] ?? null;
}

/** The document that runs as challenger at a time, or null. */
export async function challengerAt(db: Queryable, at: Date): Promise<Document | null> {
  const { rows } = await db.query<Document>(
    `select r.sha256, r.document
     from (select * from ruleset_events where kind in ('shadow_started', 'shadow_stopped') order by seq desc limit 1) e
     join rulesets r on r.sha256 = e.ruleset_sha256
     where e.kind = 'shadow_started' and e.effective_from <= $1 and e.effective_until > $1`,
    [at],
  );
  return rows[0] ?? null;
}

const eventsLock = 7_282_002; // Any constant: who changes rulesets does so one after the other.

/** Lets one change of rulesets happen at a time, until the transaction ends. */
export async function lockRulesets(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [eventsLock]);
}

async function ship(tx: Tx, now: Date, document: unknown): Promise<Document> {
  await lockRulesets(tx);
  const faster = await inForceAt(tx, now);
  if (faster) return faster;
  const sha256 = await addDocument(tx, document);
  const signed = { actor: 'system:release', reason: 'the ruleset that this version ships with' };
  await addEvent(tx, { kind: 'shipped', sha256, ...signed, effectiveFrom: now });
  const stored = await inForceAt(tx, now);
  invariant(stored, 'what was shipped is in force');
  return stored;
}

/** Keeps a document under its hash. Repeat: nothing. Throws a duplicate error when its id and version are those of another document. */
export async function addDocument(tx: Tx, document: unknown): Promise<string> {
  const sha256 = rulesetHash(document);
  const { id, version } = parseRuleset(document);
  await tx.query('insert into rulesets (sha256, id, version, document) values ($1, $2, $3, $4) on conflict (sha256) do nothing', [
    sha256,
    id,
    version,
    canonicalJson(document),
  ]);
  return sha256;
}

export interface RulesetEvent extends Signed {
  kind: 'shipped' | 'proposed' | 'approved' | 'rolled_back' | 'shadow_started' | 'shadow_stopped';
  sha256: string;
  effectiveFrom?: Date | null;
  effectiveUntil?: Date;
  proposedBy?: string;
  replacesSha256?: string;
}

/** Adds a line to the list, and to the audit log. */
export async function addEvent(tx: Tx, event: RulesetEvent): Promise<void> {
  const { kind, sha256, actor, reason, effectiveFrom = null, effectiveUntil = null, proposedBy = null, replacesSha256 = null } = event;
  await tx.query(
    `insert into ruleset_events (ruleset_sha256, kind, actor, reason, effective_from, effective_until, proposed_by, replaces_sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [sha256, kind, actor, reason, effectiveFrom, effectiveUntil, proposedBy, replacesSha256],
  );
  const change = { effectiveFrom: effectiveFrom?.toISOString(), effectiveUntil: effectiveUntil?.toISOString(), proposedBy, replacesSha256 };
  await audit(tx, { actor, action: `ruleset.${kind}`, applicationId: null, subject: sha256, reason, change });
}

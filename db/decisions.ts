// Decision records: append-only, in one chain, so that a record that was changed or is missing shows. What a decision looked at, and what
// each rule saw, is encrypted; hashes of both are in the clear.

import { hash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Challenge } from '../domain/decision/shadow.ts';
import type { Language, ReasonCode } from '../domain/reasons.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface NewDecision {
  applicationId: string;
  round: number;
  ruleset: { id: string; version: string; sha256: string };
  engineVersion: string;
  /** Canonical JSON texts of what was looked at and of the whole result; hashed in the clear, stored encrypted. */
  input: string;
  output: string;
  outcome: 'approved' | 'referred' | 'declined';
  limitVnd: number | null;
  reasons: readonly ReasonCode[];
  /** What the customer may be told, in the words of the day. */
  explanation: Record<Language, readonly string[]>;
  /** Trace, score and limit derivation, without personal data. */
  result: unknown;
  challenger: Challenge | null;
  decidedAt: Date;
}

/** A decision as it is stored. */
export interface DecisionRecord extends Omit<NewDecision, 'input' | 'output'> {
  seq: number;
  id: string;
  inputSha256: string;
  outputSha256: string | null;
  previousHash: string | null;
  recordHash: string;
  /** Opens the box: input and output as they were. Throws for a record of engine 1, and when the box was changed. */
  open: () => { input: string; output: string };
}

export interface Decisions {
  /** Appends a decision to the chain and returns its id. Holds the end of the chain until the transaction ends. */
  add(tx: Tx, decision: NewDecision): Promise<string>;
  /** The newest decision of an application, or null. */
  latest(db: Queryable, applicationId: string): Promise<DecisionRecord | null>;
  /** The decision with this id, or the newest of the application with this id; null for an unknown one. */
  find(db: Queryable, id: string): Promise<DecisionRecord | null>;
  /** The chain from its start, page by page; the next page is read while the present one is looked at. `onPage` hears of the records that
   *  were looked at. */
  pages(
    db: Queryable,
    wanted: { pageRows: number; since?: Date | undefined; most?: number; onPage?: (done: number) => void },
  ): AsyncGenerator<DecisionRecord[]>;
}

const chainLock = 7_282_003; // Any constant: it makes the writers of the chain queue up.

/** Stores decisions; what they looked at goes into boxes of this maker. */
export function createDecisions(boxes: Boxes): Decisions {
  const read = async (db: Queryable, where: string, values: readonly unknown[]): Promise<DecisionRecord[]> => {
    const { rows } = await db.query<DecisionRow>(`select * from decisions where ${where}`, values);
    return rows.map((row) => asRecord(row, () => boxes.open(place(row.id), row.snapshot).toString()));
  };
  return {
    async add(tx, decision) {
      await tx.query('select pg_advisory_xact_lock($1)', [chainLock]);
      const { rows } = await tx.query<{ record_hash: string }>('select record_hash from decisions order by seq desc limit 1');
      const composed = composeDecision(boxes, decision, rows[0]?.record_hash ?? null);
      await insertDecisions(tx, [composed]);
      return composed.id;
    },
    latest: async (db, applicationId) => (await read(db, 'application_id = $1 order by round desc limit 1', [applicationId]))[0] ?? null,
    find: async (db, id) => (await read(db, 'id = $1 or application_id = $1 order by round desc limit 1', [id]))[0] ?? null,
    async *pages(db, { pageRows, since, most = Infinity, onPage }) {
      const next = async (afterSeq: number, limit: number): Promise<DecisionRecord[]> =>
        read(db, 'seq > $1 and ($2::timestamptz is null or decided_at >= $2) order by seq limit $3', [afterSeq, since ?? null, limit]);
      let page = await next(0, Math.min(pageRows, most));
      for (let done = page.length; page.length > 0; done += page.length) {
        const rest = Math.min(pageRows, most - done);
        const isLast = page.length < pageRows || rest < 1;
        const following = isLast ? Promise.resolve([]) : next(page.at(-1)?.seq ?? 0, rest);
        following.catch(() => undefined); // who stops early does not hear of it; who goes on does, below
        yield page;
        page = await following;
        if (page.length > 0) onPage?.(done);
      }
    },
  };
}

/** A record ready to be stored: everything about it that needs no database. */
export interface ComposedDecision {
  id: string;
  recordHash: string;
  values: readonly unknown[];
}

/** Makes the record that follows the one with this hash. */
export function composeDecision(boxes: Boxes, decision: NewDecision, previousHash: string | null): ComposedDecision {
  const id = newId('decision');
  const { input, output, ruleset } = decision;
  const hashes = { inputSha256: digest(input), outputSha256: digest(output), previousHash };
  const ownHash = recordHash({ ...decision, ...hashes, id });
  const values = [
    id,
    decision.applicationId,
    decision.round,
    ruleset.id,
    ruleset.version,
    ruleset.sha256,
    decision.engineVersion,
    boxes.seal(place(id), `{"input":${input},"output":${output}}`),
    hashes.inputSha256,
    hashes.outputSha256,
    decision.outcome,
    decision.limitVnd,
    decision.reasons,
    JSON.stringify(decision.explanation),
    JSON.stringify(decision.result),
    decision.challenger && JSON.stringify(decision.challenger),
    previousHash,
    ownHash,
    decision.decidedAt,
  ];
  return { id, recordHash: ownHash, values };
}

/** Stores records in the order of the chain. */
export async function insertDecisions(tx: Tx, composed: readonly ComposedDecision[]): Promise<void> {
  const rows = composed.map(({ values }, row) => `(${values.map((_, index) => `$${row * values.length + index + 1}`).join(', ')})`);
  await tx.query(
    `insert into decisions (id, application_id, round, ruleset_id, ruleset_version, ruleset_sha256, engine_version, snapshot, snapshot_sha256,
       output_sha256, outcome, limit_vnd, reasons, explanation, result, challenger, previous_hash, record_hash, decided_at)
     values ${rows.join(', ')}`,
    composed.flatMap(({ values }) => values),
  );
}

const place = (id: string): string => `decisions.snapshot:${id}`;

/** What the record's own hash covers: everything but the two texts, which are there as hashes. */
type Hashed = Omit<NewDecision, 'input' | 'output'> & Pick<DecisionRecord, 'id' | 'inputSha256' | 'outputSha256' | 'previousHash'>;

/** The hash of a record over all that it says and over the record before it. */
export function recordHash(record: Hashed): string {
  const { id, applicationId, round, ruleset, engineVersion, inputSha256, outputSha256, outcome, limitVnd, reasons } = record;
  const { explanation, result, challenger, decidedAt, previousHash } = record;
  const said = { id, applicationId, round, ruleset, engineVersion, inputSha256, outputSha256, outcome, limitVnd, reasons };
  return digest(canonicalJson({ ...said, explanation, result, challenger, decidedAt: decidedAt.toISOString(), previousHash }));
}

interface DecisionRow {
  seq: number;
  id: string;
  application_id: string;
  round: number;
  ruleset_id: string;
  ruleset_version: string;
  ruleset_sha256: string;
  engine_version: string;
  snapshot: Buffer;
  snapshot_sha256: string;
  output_sha256: string | null;
  outcome: NewDecision['outcome'];
  limit_vnd: number | null;
  reasons: ReasonCode[];
  explanation: NewDecision['explanation'];
  result: unknown;
  challenger: Challenge | null;
  previous_hash: string | null;
  record_hash: string;
  decided_at: Date;
}

function asRecord(row: DecisionRow, openBox: () => string): DecisionRecord {
  return {
    seq: row.seq,
    id: row.id,
    applicationId: row.application_id,
    round: row.round,
    ruleset: { id: row.ruleset_id, version: row.ruleset_version, sha256: row.ruleset_sha256 },
    engineVersion: row.engine_version,
    inputSha256: row.snapshot_sha256,
    outputSha256: row.output_sha256,
    outcome: row.outcome,
    limitVnd: row.limit_vnd,
    reasons: row.reasons,
    explanation: row.explanation,
    result: row.result,
    challenger: row.challenger,
    previousHash: row.previous_hash,
    recordHash: row.record_hash,
    decidedAt: row.decided_at,
    open: () => inputAndOutput(openBox()),
  };
}

/** Cuts `{"input":…,"output":…}` apart without rewriting a byte: the input ends where the only top-level `,"output":` begins. */
function inputAndOutput(text: string): { input: string; output: string } {
  const [head, middle] = ['{"input":', ',"output":'];
  const at = text.lastIndexOf(`${middle}{`);
  if (!text.startsWith(head) || at < 0) throw new Error('this record was made by engine 1 and holds no output');
  return { input: text.slice(head.length, at), output: text.slice(at + middle.length, -1) };
}

/** Hex SHA-256 of a text, as it stands in records. */
export function digest(text: string): string {
  return hash('sha256', text);
}

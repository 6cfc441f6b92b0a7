// Repeats recorded decisions on the bytes that were kept, and compares byte for byte. The chain is checked on the way: a record that was
// changed, or one that is missing, shows.

import { createDecisions, digest, recordHash } from '../../db/decisions.ts';
import type { DecisionRecord } from '../../db/decisions.ts';
import type { Boxes } from '../../db/boxes.ts';
import type { Queryable } from '../../db/pool.ts';
import { createRulesets } from '../../db/rulesets.ts';
import type { Rulesets } from '../../db/rulesets.ts';
import { engineVersion } from '../../domain/decision/evaluate.ts';
import { firstDifference, parseInput, recordEvaluation } from '../../domain/decision/record.ts';

export type Replayed = { id: string } & (
  | { kind: 'reproduced' }
  /** The same input gave something else: where it first differs. */
  | { kind: 'differs'; what: string }
  /** The record is not what was written, or does not follow the one before it. */
  | { kind: 'tampered'; what: string }
  /** Made by another engine, which this version no longer has. */
  | { kind: 'not_comparable'; what: string }
);

/** Repeats one decision. */
export async function replayOne(db: Queryable, boxes: Boxes, id: string): Promise<Replayed | null> {
  const record = await createDecisions(boxes).find(db, id);
  return record && replay(db, createRulesets(), record);
}

/** Repeats all, page by page, oldest first; tells of each that was not reproduced, and of the progress. Returns the counts. */
export async function replayAll(
  db: Queryable,
  boxes: Boxes,
  { pageRows, onProblem, onProgress }: { pageRows: number; onProblem: (problem: Replayed) => void; onProgress: (done: number) => void },
): Promise<Record<Replayed['kind'], number>> {
  const [decisions, rulesets] = [createDecisions(boxes), createRulesets()];
  const counts = { reproduced: 0, differs: 0, tampered: 0, not_comparable: 0 };
  let before: DecisionRecord | undefined;
  for await (const page of decisions.pages(db, { pageRows, onPage: onProgress })) {
    for (const record of page) {
      const result = isChained(record, before) ? await replay(db, rulesets, record) : brokenChain(record);
      counts[result.kind] += 1;
      if (result.kind !== 'reproduced') onProblem(result);
      before = record;
    }
  }
  return counts;
}

function isChained(record: DecisionRecord, before: DecisionRecord | undefined): boolean {
  return record.engineVersion === '1' || record.previousHash === (before?.recordHash ?? null);
}

function brokenChain({ id }: DecisionRecord): Replayed {
  return { id, kind: 'tampered', what: 'it does not follow the record before it: one is missing, or was changed' };
}

/** Null when the box was changed, or moved from another record. */
function openBox(record: DecisionRecord): { input: string; output: string } | null {
  try {
    return record.open();
  } catch {
    return null;
  }
}

async function replay(db: Queryable, rulesets: Rulesets, record: DecisionRecord): Promise<Replayed> {
  const { id } = record;
  if (record.engineVersion !== engineVersion) {
    return { id, kind: 'not_comparable', what: `made by engine ${record.engineVersion}; this version has engine ${engineVersion}` };
  }
  const tampered = (what: string): Replayed => ({ id, kind: 'tampered', what });
  if (recordHash(record) !== record.recordHash) return tampered('the record does not fit its own hash');
  const opened = openBox(record);
  if (!opened) return tampered('what was kept does not open');
  const { input, output } = opened;
  if (digest(input) !== record.inputSha256) return tampered('the input does not fit its hash');
  if (digest(output) !== record.outputSha256) return tampered('the output does not fit its hash');
  const decidedBy = await rulesets.byHash(db, record.ruleset.sha256);
  if (!decidedBy) return tampered(`there is no ruleset ${record.ruleset.sha256}`);
  const { features, now } = parseInput(input);
  const again = recordEvaluation(decidedBy.ruleset, features, now);
  if (again.output === output) return { id, kind: 'reproduced' };
  const first = firstDifference(JSON.parse(output), JSON.parse(again.output));
  const what = first
    ? `${first.path}: recorded ${JSON.stringify(first.recorded)}, now ${JSON.stringify(first.replayed)}`
    : 'the bytes differ';
  return { id, kind: 'differs', what };
}

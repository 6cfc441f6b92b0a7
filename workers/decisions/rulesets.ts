// What is done with rulesets: check, publish, roll back, run beside, list. Each change is one commit with its row in the audit log.

import { decisionLimits } from '../../config/limits.ts';
import type { Database } from '../../db/pool.ts';
import { listRulesets, publishRuleset, rollBackRuleset, startShadow, stopShadow } from '../../db/publishing.ts';
import { rulesetHash } from '../../db/rulesets.ts';
import { shadowReports } from '../../db/shadow-report.ts';
import type { ShadowReport } from '../../db/shadow-report.ts';
import { lintRuleset } from '../../domain/decision/lint.ts';
import { formatVnd } from '../../domain/money.ts';
import type { Answer } from './answer.ts';
import { needed, positive, readDocument, readTime, signed, UsageError } from './flags.ts';
import type { Flags } from './flags.ts';

/** `lint FILE` */
export function lint(file: string | undefined): Answer {
  const document = readDocument(needed(file, 'FILE'));
  const problems = lintRuleset(document);
  if (problems.length > 0) return { value: { problems }, text: problems.join('\n'), code: 1 };
  const sha256 = rulesetHash(document);
  return { value: { problems, sha256 }, text: `no problem; its hash is ${sha256}`, code: 0 };
}

/** `publish FILE --by NAME --why TEXT [--from TIME]` */
export async function publish(database: Database, file: string | undefined, flags: Flags): Promise<Answer> {
  const by = signed(flags);
  const effectiveFrom = flags.from === undefined ? null : readTime(flags.from, '--from');
  const document = linted(file);
  if ('problems' in document) return document.problems;
  const result = await database.withTransaction(async (tx) =>
    publishRuleset(tx, document.document, { ...by, at: new Date(), effectiveFrom }),
  );
  if (result.kind === 'refused') return refused(result.why);
  const text =
    result.kind === 'proposed'
      ? `proposed ${result.sha256}; it comes into force when another person publishes the same file`
      : `approved ${result.sha256}; in force from ${result.effectiveFrom.toISOString()}`;
  return { value: result, text, code: 0 };
}

/** `rollback --by NAME --why TEXT` */
export async function rollback(database: Database, flags: Flags): Promise<Answer> {
  const by = signed(flags);
  const result = await database.withTransaction(async (tx) => rollBackRuleset(tx, { ...by, at: new Date() }));
  if (result.kind === 'refused') return refused(result.why);
  return { value: result, text: `in force again, from now on: ${result.sha256} (instead of ${result.replaces})`, code: 0 };
}

const dayMs = 86_400_000;

/** `shadow`: starts, stops, or reports. */
export async function shadow(database: Database, file: string | undefined, flags: Flags): Promise<Answer> {
  const at = new Date();
  if (flags.stop) {
    const by = signed(flags);
    const stopped = await database.withTransaction(async (tx) => stopShadow(tx, { ...by, at }));
    return stopped ? { value: { kind: 'stopped' }, text: 'the challenger is stopped', code: 0 } : refused('no challenger runs');
  }
  if (file === undefined) {
    const reports = await shadowReports(database, flags.since === undefined ? new Date(0) : readTime(flags.since, '--since'));
    return { value: reports, text: reports.length > 0 ? reports.map(asText).join('\n\n') : 'No challenger ran.', code: 0 };
  }
  const by = signed(flags);
  const days = positive(needed(flags.days, '--days N'), '--days');
  if (days > decisionLimits.challengerMaxDays) throw new UsageError(`--days must be at most ${decisionLimits.challengerMaxDays}`);
  const until = new Date(at.getTime() + days * dayMs);
  const document = linted(file);
  if ('problems' in document) return document.problems;
  const result = await database.withTransaction(async (tx) => startShadow(tx, document.document, { ...by, at, until }));
  if (result.kind === 'refused') return refused(result.why);
  return { value: result, text: `runs as challenger until ${until.toISOString()}: ${result.sha256}`, code: 0 };
}

/** `list` */
export async function list(database: Database): Promise<Answer> {
  const rulesets = await listRulesets(database, new Date());
  const line = ({ id, version, state, at, by, decisions, sha256 }: (typeof rulesets)[number]): string =>
    [
      `${id} ${version}`.padEnd(24),
      state.padEnd(13),
      (at?.toISOString() ?? '').padEnd(25),
      by.padEnd(16),
      `${decisions} decisions`,
      sha256,
    ].join(' ');
  return {
    value: rulesets,
    text: rulesets.length > 0 ? rulesets.map(line).join('\n') : 'None yet: the first decision puts the shipped one in force.',
    code: 0,
  };
}

function linted(file: string | undefined): { document: unknown } | { problems: Answer } {
  const answer = lint(file);
  return answer.code === 0 ? { document: readDocument(needed(file, 'FILE')) } : { problems: answer };
}

function refused(why: string): Answer {
  return { value: { kind: 'refused', why }, text: `refused: ${why}`, code: 1 };
}

function asText({ sha256, version, decisions, agrees, failed, late, differs, samples }: ShadowReport): string {
  return [
    `${version ?? '?'} ${sha256}`,
    `  ${decisions} decisions: ${agrees} agree, ${differs.reduce((sum, each) => sum + each.decisions, 0)} differ, ${failed} failed, ${late} late`,
    ...differs.map((each) => `  ${each.from} → ${each.to}: ${each.decisions}, limits ${formatVnd(each.limitDeltaVnd)}`),
    ...samples.map((id) => `  ${id}`),
  ].join('\n');
}

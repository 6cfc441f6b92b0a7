// What is done with recorded decisions: repeat them, explain them, and ask what another ruleset would have said.

import { decisionLimits } from '../../config/limits.ts';
import type { Boxes } from '../../db/boxes.ts';
import { createDecisions } from '../../db/decisions.ts';
import type { Queryable } from '../../db/pool.ts';
import { createBacktest } from '../../domain/decision/backtest.ts';
import type { BacktestReport } from '../../domain/decision/backtest.ts';
import { engineVersion } from '../../domain/decision/evaluate.ts';
import { costIn } from '../../domain/decision/explain.ts';
import { letter } from '../../domain/decision/letter.ts';
import { parseInput } from '../../domain/decision/record.ts';
import { parseRuleset } from '../../domain/decision/ruleset.ts';
import { formatVnd } from '../../domain/money.ts';
import { needed, positive, readDocument, readTime, UsageError } from './flags.ts';
import type { Flags } from './flags.ts';
import { progress, type Answer } from './answer.ts';
import { replayAll, replayOne } from './replay.ts';

const { pageRows } = decisionLimits;

/** `replay ID | --all` */
export async function replay(db: Queryable, boxes: Boxes, id: string | undefined, flags: Flags): Promise<Answer> {
  if (flags.all === (id !== undefined)) throw new UsageError('replay needs an ID or --all, and not both');
  if (id !== undefined) {
    const result = await replayOne(db, boxes, id);
    if (!result) throw new Error(`there is no decision ${id}`);
    const text = 'what' in result ? `${result.id} ${result.kind}: ${result.what}` : `${result.id} reproduced byte for byte`;
    return { value: result, text, code: result.kind === 'reproduced' ? 0 : 1 };
  }
  const problems: string[] = [];
  const told = progress('replayed');
  const counts = await replayAll(db, boxes, {
    pageRows,
    onProblem: (problem) => void problems.push('what' in problem ? `${problem.id} ${problem.kind}: ${problem.what}` : problem.id),
    onProgress: told.at,
  });
  told.end();
  const summary = `${counts.reproduced} reproduced byte for byte, ${counts.differs} differ, ${counts.tampered} tampered, ${counts.not_comparable} not comparable`;
  return { value: { ...counts, problems }, text: [...problems, summary].join('\n'), code: counts.differs + counts.tampered === 0 ? 0 : 1 };
}

/** `explain ID --lang vi|en` */
export async function explain(db: Queryable, boxes: Boxes, id: string | undefined, flags: Flags): Promise<Answer> {
  const { lang } = flags;
  if (lang !== 'vi' && lang !== 'en') throw new UsageError('--lang must be vi or en');
  const record = await createDecisions(boxes).find(db, needed(id, 'ID'));
  if (!record) throw new Error(`there is no decision ${id}`);
  const text = letter({ ...record, cost: costIn(record.result) }, lang);
  return { value: { id: record.id, language: lang, letter: text }, text, code: 0 };
}

/** `backtest --ruleset FILE` */
export async function backtest(db: Queryable, boxes: Boxes, flags: Flags): Promise<Answer> {
  const candidate = parseRuleset(readDocument(needed(flags.ruleset, '--ruleset FILE')));
  const since = flags.since === undefined ? undefined : readTime(flags.since, '--since');
  const most = flags.limit === undefined ? Infinity : positive(flags.limit, '--limit');
  const [run, decisions, told] = [createBacktest(candidate), createDecisions(boxes), progress('evaluated')];
  let skipped = 0;
  for await (const page of decisions.pages(db, { since, most, pageRows, onPage: told.at })) {
    for (const record of page) {
      if (record.engineVersion === engineVersion) run.add({ ...record, ...parseInput(record.open().input) });
      else skipped += 1;
    }
  }
  told.end();
  const report = run.report();
  return {
    value: { candidate: { id: candidate.id, version: candidate.version }, skipped, ...report },
    text: asText(report, skipped),
    code: 0,
  };
}

function asText(report: BacktestReport, skipped: number): string {
  const { transitions, approvalRatePercent: rate, exposureVnd: exposure, limits } = report;
  const matrix = Object.entries(transitions).map(
    ([from, to]) => `  ${from.padEnd(10)}${[to.approved, to.referred, to.declined].map((count) => String(count).padStart(12)).join('')}`,
  );
  return [
    `${report.decisions} decisions${skipped > 0 ? ` (${skipped} of another engine were left out)` : ''}`,
    '',
    `  was ↓ would be →${'approved'.padStart(6)}${'referred'.padStart(12)}${'declined'.padStart(12)}`,
    ...matrix,
    '',
    `approval rate  ${rate.before} % → ${rate.after} %`,
    `exposure       ${formatVnd(exposure.before)} → ${formatVnd(exposure.after)} (${formatVnd(exposure.after - exposure.before)})`,
    `limits         ${limits.raised} raised, ${limits.lowered} lowered, ${limits.same} the same`,
    ...(report.reasons.length > 0 ? ['', 'reasons'] : []),
    ...report.reasons.map(({ code, before, after }) => `  ${code.padEnd(26)}${before} → ${after}`),
    ...(report.missing.length > 0 ? ['', 'facts that were not kept'] : []),
    ...report.missing.map(({ input, decisions }) => `  ${input.padEnd(26)}${decisions}`),
    ...(report.samples.length > 0 ? ['', 'some that would differ'] : []),
    ...report.samples.map(({ id, from, to }) => `  ${id}  ${from} → ${to}`),
  ].join('\n');
}

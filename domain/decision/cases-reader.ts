// Reads the golden cases of a ruleset: invented customers of whom its authors say what is to become of them. A case may start from an
// earlier one (`like`) and name only what differs.

import { isReasonCode, type ReasonCode } from '../reasons.ts';
import { listOf, type Reader } from './ruleset-reader.ts';
import type { Feature, FeatureSnapshot, InputSpec, Verdict } from './types.ts';

export interface GoldenCase {
  id: string;
  at: Date;
  features: FeatureSnapshot;
  expect: { outcome: Verdict['kind']; reasons: readonly ReasonCode[]; limitVnd: number | null };
}

interface Told {
  at: string;
  facts: Readonly<Record<string, unknown>>;
  ageDays: Readonly<Record<string, unknown>>;
}

const dayMs = 86_400_000;

/** Reads the section `cases`. Problems are noted in the reader. */
export function readCases(root: Reader, inputs: readonly InputSpec[]): GoldenCase[] {
  const earlier = new Map<string, Told>();
  return listOf(root, 'cases', (reader) => {
    const id = reader.text('id');
    reader.text('why');
    if (earlier.has(id)) reader.problem('id', 'occurs twice');
    const told = tell(reader, reader.has('like') ? earlier.get(reader.text('like')) : undefined);
    if (reader.has('like') && !earlier.has(reader.text('like'))) reader.problem('like', 'is no earlier case');
    earlier.set(id, told);
    for (const name of Object.keys(told.facts))
      if (!inputs.some((input) => input.name === name)) reader.problem('facts', `${name} is no input`);
    const at = new Date(told.at);
    if (Number.isNaN(at.getTime())) reader.problem('at', 'must be a time');
    return { id, at, features: featuresOf(told, at), expect: readExpected(reader.object('expect')) };
  });
}

function tell(reader: Reader, like: Told | undefined): Told {
  const members = (key: string): Record<string, unknown> => {
    if (!reader.has(key)) return {};
    const object = reader.object(key);
    return Object.fromEntries(object.keys().map((name) => [name, object.value(name)]));
  };
  return {
    at: reader.has('at') || !like ? reader.text('at') : like.at,
    facts: { ...like?.facts, ...members('facts') },
    ageDays: { ...like?.ageDays, ...members('ageDays') },
  };
}

/** A fact that is null is not known, and not there. */
function featuresOf({ facts, ageDays }: Told, at: Date): FeatureSnapshot {
  const features: Record<string, Feature> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'string') continue;
    const asOfMs = at.getTime() - Number(ageDays[name] ?? 0) * dayMs;
    features[name] = { value, source: 'case', asOf: Number.isFinite(asOfMs) ? new Date(asOfMs).toISOString() : '' };
  }
  return features;
}

function readExpected(reader: Reader): GoldenCase['expect'] {
  const outcome = reader.text('outcome');
  const isOutcome = outcome === 'approved' || outcome === 'referred' || outcome === 'declined';
  if (!isOutcome) reader.problem('outcome', 'must be approved, referred or declined');
  const given = reader.has('reasons') ? reader.value('reasons') : [];
  const reasons = Array.isArray(given) ? given.filter((code): code is ReasonCode => typeof code === 'string' && isReasonCode(code)) : [];
  if (!Array.isArray(given) || reasons.length < given.length) reader.problem('reasons', 'must be a list of reason codes');
  return { outcome: isOutcome ? outcome : 'referred', reasons, limitVnd: reader.has('limitVnd') ? reader.number('limitVnd') : null };
}

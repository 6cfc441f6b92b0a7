// The door between what is known about an application and the rules: every input of the catalogue is looked up, checked for type,
// range and age, and handled as its missing policy says. Rules see nothing but what passed here.

import { isDay } from '../calendar.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Feature, FeatureSnapshot, InputSpec, InputState } from './types.ts';

/** Why something was decided; the lower the priority, the further up in a letter. */
export interface Reason {
  code: ReasonCode;
  priority: number;
}

/** Comes after every reason that says something about the customer. */
export const couldNotDetermine: Reason = { code: 'MISSING_INPUT', priority: 1_000 };

export interface Inputs {
  values: Map<string, number | boolean | string | null | Error>;
  states: Record<string, InputState>;
  /** What missing inputs lead to by themselves, whether or not a rule looks at them. */
  declines: Reason[];
  refers: Reason[];
}

/** Reads the catalogue's inputs from a snapshot as of `now`. Pure; features that are not in the catalogue are ignored. */
export function readInputs(specs: readonly InputSpec[], snapshot: FeatureSnapshot, now: Date): Inputs {
  const read: Inputs = { values: new Map(), states: {}, declines: [], refers: [] };
  for (const spec of specs) {
    const { missing } = spec;
    const feature = Object.hasOwn(snapshot, spec.name) ? snapshot[spec.name] : undefined;
    const found = stateOf(spec, feature, now);
    const isExcused = found === 'ABSENT' && missing.policy === 'allowNull';
    const isReplaced = (found === 'ABSENT' || found === 'STALE') && missing.policy === 'treatAs';
    read.states[spec.name] = isReplaced ? 'DEFAULTED' : isExcused ? 'NULL' : found;
    read.values.set(spec.name, isReplaced ? missing.value : found === 'OK' ? (feature?.value ?? null) : null);
    // An invalid value is never excused by a policy: something is broken, and a person must look.
    if (found === 'INVALID') read.refers.push(couldNotDetermine);
    else if (found !== 'OK' && missing.policy === 'refer') read.refers.push(reasonToRefer(spec, found));
    else if (found !== 'OK' && missing.policy === 'decline') read.declines.push({ code: missing.reasonCode, priority: missing.priority });
  }
  return read;
}

function reasonToRefer({ tooOld }: InputSpec, state: 'ABSENT' | 'STALE'): Reason {
  return state === 'STALE' && tooOld ? { code: tooOld.reasonCode, priority: tooOld.priority } : couldNotDetermine;
}

/** A fact from the future is a fault of a clock or a source; a day is let pass because some sources know only dates. */
const futureToleranceMs = 86_400_000;

const dayMs = 86_400_000;

function stateOf(spec: InputSpec, feature: Feature | undefined, now: Date): 'OK' | 'ABSENT' | 'STALE' | 'INVALID' {
  if (feature === undefined || feature.value === null) return 'ABSENT';
  const asOf = Date.parse(feature.asOf);
  if (!isOfType(spec, feature.value) || !Number.isFinite(asOf) || asOf > now.getTime() + futureToleranceMs) return 'INVALID';
  return spec.maxAgeDays !== null && now.getTime() - asOf > spec.maxAgeDays * dayMs ? 'STALE' : 'OK';
}

function isOfType(spec: InputSpec, value: number | boolean | string): boolean {
  if (spec.type === 'boolean') return typeof value === 'boolean';
  if (spec.type === 'day') return typeof value === 'string' && isDay(value);
  if (spec.type === 'enum') return typeof value === 'string' && spec.values?.includes(value) === true;
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= (spec.minimum ?? -Infinity) && value <= (spec.maximum ?? Infinity)
  );
}

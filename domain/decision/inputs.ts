// The door between what is known about an application and the rules: every input of the catalogue is looked up, checked for type,
// range and age, and handled as its missing policy says. Rules see nothing but what passed here.

import type { ReasonCode } from '../reasons.ts';
import type { Feature, FeatureSnapshot, InputSpec, InputTrace } from './types.ts';

export interface Inputs {
  values: ReadonlyMap<string, number | boolean | string | null>;
  /** Sorted by name. */
  trace: InputTrace[];
  /** What missing inputs lead to by themselves, whether or not a rule looks at them. */
  declines: { reasonCode: ReasonCode; priority: number }[];
  mustRefer: boolean;
}

/** Reads the catalogue's inputs from a snapshot as of `now`. Pure; features that are not in the catalogue are ignored. */
export function readInputs(specs: readonly InputSpec[], snapshot: FeatureSnapshot, now: Date): Inputs {
  const read = specs.map((spec) => readOne(spec, Object.hasOwn(snapshot, spec.name) ? snapshot[spec.name] : undefined, now));
  return {
    values: new Map(read.map(({ spec, value }) => [spec.name, value])),
    trace: read.map(({ spec, state }) => ({ name: spec.name, state })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    declines: read.flatMap(({ spec, state }) => (isMissing(state) && spec.missing.policy === 'decline' ? [spec.missing] : [])),
    // An invalid value is never excused by a policy: something is broken, and a person must look.
    mustRefer: read.some(({ spec, state }) => state === 'INVALID' || (isMissing(state) && spec.missing.policy === 'refer')),
  };
}

interface ReadInput {
  spec: InputSpec;
  state: InputTrace['state'];
  value: number | boolean | string | null;
}

function readOne(spec: InputSpec, feature: Feature | undefined, now: Date): ReadInput {
  const found = stateOf(spec, feature, now);
  if (found === 'OK') return { spec, state: found, value: feature?.value ?? null };
  if (found !== 'INVALID' && spec.missing.policy === 'treatAs') return { spec, state: 'DEFAULTED', value: spec.missing.value };
  return { spec, state: found === 'ABSENT' && spec.missing.policy === 'allowNull' ? 'NULL' : found, value: null };
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
  if (spec.type === 'enum') return typeof value === 'string' && spec.values?.includes(value) === true;
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= (spec.minimum ?? -Infinity) && value <= (spec.maximum ?? Infinity)
  );
}

function isMissing(state: InputTrace['state']): boolean {
  return state === 'ABSENT' || state === 'STALE';
}

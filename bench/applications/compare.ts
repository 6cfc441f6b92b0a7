// The measurement itself: the variants in turns, first many applications at a time, then one after the other; medians over the turns.

import type { Variant } from './variant.ts';

export interface Measured {
  /** Applications a second with twenty under way, the median of the turns. */
  perSecond: number;
  /** Of those, the time of one from start to end, in ms. */
  p99: number;
  /** Time of an application that has the machine to itself, in ms. */
  serialP50: number;
  /** Processor time of an application among twenty, in ms. */
  processorMs: number;
}

const atOnce = 20;
const perTurn = 40;
const serialPerTurn = 5;
// V8 optimizes the code of a variant while its first applications run; a worker runs for days after that.
const warmUp = 40;

/** Runs `rounds` turns of every variant. `processorMs` reads the processor time used so far by all who take part. */
export async function compare<Name extends string>(
  variants: Record<Name, Variant>,
  { rounds, processorMs }: { rounds: number; processorMs: () => number },
): Promise<Record<Name, Measured>> {
  const names = Object.keys(variants) as Name[]; // the keys of the record are its names
  const seen = Object.fromEntries(names.map((name) => [name, { rates: [], times: [], serial: [], processor: [] }])) as unknown as Record<
    Name,
    Seen
  >; // the same names
  for (const name of names) await many(variants[name], warmUp, `${name}-warm`);
  for (let round = 1; round <= rounds; round += 1) {
    // Each turn begins with another variant, so that none is always the first after a pause of the machine.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const startedAt = performance.now();
      const usedBefore = processorMs();
      seen[name].times.push(...(await many(variants[name], perTurn, `${name}-${round}`)));
      seen[name].rates.push((perTurn / (performance.now() - startedAt)) * 1_000);
      seen[name].processor.push((processorMs() - usedBefore) / perTurn);
      process.stderr.write(`  turn ${round}, ${name}: ${seen[name].rates.at(-1)?.toFixed(1)}/s\n`);
    }
    for (let index = 0; index < serialPerTurn; index += 1) {
      for (const name of [...names.slice(index % names.length), ...names.slice(0, index % names.length)])
        seen[name].serial.push(await timed(variants[name], `app_${name}-${round}-serial${index}`));
    }
  }
  const measured = names.map((name): [Name, Measured] => {
    const { rates, times, serial, processor } = seen[name];
    const median = { perSecond: quantile(rates, 0.5), serialP50: quantile(serial, 0.5), processorMs: quantile(processor, 0.5) };
    return [name, { ...median, p99: quantile(times, 0.99) }];
  });
  return Object.fromEntries(measured) as Record<Name, Measured>; // the same names
}

interface Seen {
  rates: number[];
  times: number[];
  serial: number[];
  processor: number[];
}

async function many(variant: Variant, count: number, name: string): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const customer = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) times.push(await timed(variant, `app_${name}-${index}`));
  };
  await Promise.all(Array.from({ length: atOnce }, customer));
  return times;
}

async function timed({ buy }: Variant, applicationId: string): Promise<number> {
  const startedAt = performance.now();
  await buy(applicationId);
  return performance.now() - startedAt;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

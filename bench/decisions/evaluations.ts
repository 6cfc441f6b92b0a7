// One decision with its full record: evaluated, written as canonical JSON, hashed, encrypted and chained. The time is that of the
// processor, because "per core" must not depend on who else uses the machine; the slowest ones are measured by the clock.

import type { Figure } from '../bench.ts';
import { decide } from './customers.ts';

const warmUps = 5_000;
const measured = 30_000;

/** Decisions per second of a core, and the duration that 99 % stay under. */
export function evaluations(): Figure[] {
  let previous: string | null = null;
  for (let index = 0; index < warmUps; index += 1) previous = decide(index, 'app_bench', previous).recordHash;
  const durationsMs = new Float64Array(measured);
  const before = process.cpuUsage();
  for (let index = 0; index < measured; index += 1) {
    const startedAt = performance.now();
    previous = decide(index, 'app_bench', previous).recordHash;
    durationsMs[index] = performance.now() - startedAt;
  }
  const { user, system } = process.cpuUsage(before);
  const p99 = durationsMs.toSorted()[Math.floor(measured * 0.99)] ?? 0;
  return [
    {
      what: 'decisions with full record, per core',
      value: measured / ((user + system) / 1_000_000),
      unit: '/s',
      bound: { atLeast: 5_000 },
    },
    { what: 'one decision with full record, p99', value: p99, unit: 'ms', bound: { atMost: 2 } },
  ];
}

// What makes a campaign no proof though nothing broke: it did not happen.

import { faultOf } from './faults.ts';
import type { Evidence, FaultName } from './faults.ts';

/** A kind of fault that struck more than once and of which the whole run has no trace did not happen: a single one may meet an idle moment. And a
 *  run without copies has not shown that copies are harmless. */
export function vacuous(struck: Partial<Record<FaultName, number>>, evidence: Evidence): string[] {
  const used = Object.keys(struck) as FaultName[]; // the keys of the record
  const withoutTrace = used.filter((name) => {
    const { shows } = faultOf(name);
    return (struck[name] ?? 0) > 1 && shows.length > 0 && shows.every((sign) => evidence[sign] === 0);
  });
  return [
    ...(used.length === 0 ? ['vacuous: nothing was struck'] : []),
    ...(evidence.suppressed === 0 ? ['vacuous: no copy was suppressed'] : []),
    ...withoutTrace.map((name) => `vacuous: ${name} left no trace (${faultOf(name).shows.join(', ')})`),
  ];
}

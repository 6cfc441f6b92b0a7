// Invented customers for the measurements, and their decisions as they would be recorded.

import fc from 'fast-check';
import type { ComposedDecision } from '../../db/decisions.ts';
import { composeDecision } from '../../db/decisions.ts';
import { createBoxes } from '../../db/boxes.ts';
import { anyFacts } from '../../test/support/facts.ts';
import { decisionAbout } from '../../test/support/decision-record.ts';

/** Keys of a measurement: they protect nobody. */
export const boxes = createBoxes({ dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) });

/** The same customers for the same seed. */
const customers = fc.sample(anyFacts, { numRuns: 1_000, seed: 1 });

/** Decides about one of them and makes the whole record, up to what only PostgreSQL can do. */
export function decide(index: number, applicationId: string, previousHash: string | null): ComposedDecision {
  return composeDecision(boxes, decisionAbout(applicationId, customers[index % customers.length]), previousHash);
}

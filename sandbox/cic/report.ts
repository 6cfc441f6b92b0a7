// The report that CIC would have on a person: the sentinel says what matters, the rest is derived from the number, so the same person
// always gets the same report.

import { createHash } from 'node:crypto';
import type { InquiryAnswer } from '../../adapters/cic/wire.ts';
import type { ReportSketch } from '../sentinels.ts';

type Report = Extract<InquiryAnswer, { status: 'HIT' }>['report'];

/** A whole report for this person as of the given moment. */
export function reportOf(nationalId: string, sketch: ReportSketch, asOf: Date): Report {
  const seed = createHash('sha256').update(nationalId).digest();
  return {
    asOf: asOf.toISOString(),
    currentDebtGroup: sketch.currentDebtGroup,
    worstGroup12m: sketch.worstGroup12m,
    lenders: lenders(seed, sketch),
    inquiries: {
      '30d': sketch.inquiries30d,
      '90d': sketch.inquiries30d + ((seed[2] ?? 0) % 2),
      '180d': sketch.inquiries30d + 1 + ((seed[3] ?? 0) % 3),
    },
    score: { value: sketch.score, scale: '150-750', band: band(sketch.score) },
  };
}

/** Days overdue that put a loan into a debt group (Circular 31/2024, article 10). */
const overdueDays = { 1: 0, 2: 35, 3: 120, 4: 250, 5: 500 } as const;

function lenders(seed: Buffer, sketch: ReportSketch): Report['lenders'] {
  const millions = (byte: number | undefined, most: number): number => (1 + ((byte ?? 0) % most)) * 1_000_000;
  const card = { code: 'BANK-A', kind: 'card', outstandingVnd: millions(seed[0], 8), debtGroup: 1, overdueDays: 0 } as const;
  const group = sketch.currentDebtGroup;
  const loan = {
    code: 'FINCO-B',
    kind: 'financeCo',
    outstandingVnd: millions(seed[1], 20),
    debtGroup: group,
    overdueDays: overdueDays[group],
  } as const;
  return [card, loan];
}

/** The bands of the scale 150–750 as it is most often quoted; CIC publishes none. */
function band(score: number): string {
  if (score < 322) return 'very high risk';
  if (score < 431) return 'high risk';
  if (score < 570) return 'medium risk';
  return score < 680 ? 'low risk' : 'very low risk';
}

// Bounds of the comparison with WAY4, as config/limits.ts has them for the rest.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

export const reconciliationLimits = {
  /** Our choice: two days in hours, so that a run that was missed is made up for. */
  periodHours: 48,
  /** Our choice: how often the scheduled run compares. */
  everyMs: hour,
  /** Our choice: a run that was missed for longer is made up for by the next. */
  catchUpMs: 10 * minute,
  /** Our choice: a month in hours; further back is a matter of statements. */
  periodMaxHours: 744,
  /** Longer than the longest delay of the hand-off and one attempt after it. */
  quietMs: 10 * minute,
  /** Our choice: clocks of a bank and ours differ by less. */
  clockSkewMs: hour,
  /** Our choice: one page stays far below vendorLimits.answerMaxBytes. */
  pageRows: 500,
  /** Our choice: what one process compares in memory at once. */
  maxRows: 200_000,
} as const;

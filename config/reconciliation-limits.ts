// Bounds of the comparison with WAY4, as config/limits.ts has them for the rest.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

export const reconciliationLimits = {
  /** Our choice: two days in hours, so that a run that was missed is made up for. */
  periodHours: 48,
  /** Our choice: hours back that the other runs of the day compare, so that none is missed while the whole period is compared, which takes up to five. */
  recentHours: 6,
  /** Our choice: the hour of the day, UTC, whose run compares the whole period: one in the morning in Vietnam. */
  wholeAtHour: 18,
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
  /** Our choice: documents on one page; at some 600 bytes each it stays below vendorLimits.answerMaxBytes. */
  pageRows: 1_000,
  /** Our choice: rows that are compared in memory at once; with their objects some megabytes. */
  batchRows: 2_000,
  /** Our choice: questions about one RRN that WAY4 is asked at once. */
  askAtOnce: 8,
  /** Our choice: so often a page is asked for while WAY4 is away; with the pauses, a minute. */
  askTries: 6,
  /** Our choice: the first pause between; the n-th is n times as long. */
  askPauseMs: 4 * second,
  /** Our choice: new breaks that one run takes on; more means that the books are wrong as a whole, which no list of tasks helps. */
  maxBreaks: 10_000,
  /** Our choice: breaks that the report names; the table has all of them. */
  reportBreaks: 1_000,
  /** Our choice: how often a long run says how far it is. */
  progressMs: 5 * second,
} as const;

/** The look at accounts that WAY4 may have made after their undo. */
export const lateAccountsLimits = {
  /** Our choice: an open contract that nobody knows can buy nothing, so a quarter of a day is soon enough. */
  everyMs: 6 * hour,
  /** Our choice: a run that was missed for longer is made up for by the next. */
  catchUpMs: hour,
  /** Our choice: a request that waits longer at a bank is dropped with its queue; two days survive a night's batch and a lost day. */
  lookedAtMs: 48 * hour,
  /** Our choice: accounts read at once; a few hundred bytes each. */
  batch: 500,
} as const;

// Bounds of what staff may do and of what they are asked, as config/limits.ts has them for the rest.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const staffLimits = {
  /** Our choice: who was asked for data or photos three times more will not find them the fourth time. */
  asksMax: 3,
  /** Our choice: how far in all a deadline may be moved; past that a new application with fresh data is better. */
  extensionMaxMs: 3 * day,
  /** Our choice: a customer who waits for a person hears within a working day; the application itself waits longer (deadlines.reviewMs). */
  reviewDueMs: 8 * hour,
  /** Our choice: books that differ are understood before the next day is closed. */
  breakDueMs: day,
  /** Our choice: a task that was put aside comes back to the queue before the customer notices. */
  reviewLeaseMs: 15 * minute,
} as const;

// Bounds of what staff may do and of what they are asked, as config/limits.ts has them for the rest.

const day = 86_400_000;

export const staffLimits = {
  /** Our choice: who was asked for data or photos three times more will not find them the fourth time. */
  asksMax: 3,
  /** Our choice: how far in all a deadline may be moved; past that a new application with fresh data is better. */
  extensionMaxMs: 3 * day,
} as const;

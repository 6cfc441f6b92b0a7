// How long to wait before a crashed process is started again: a little at first, longer each time, never the same for two processes, so that
// what fell together does not rise and fall together.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A process that has stayed up this long is healthy; its next crash counts as the first. */
export const HEALTHY_AFTER_MS = 60_000;

/** The pause before restart number `attempt` (1 is the first): between half and all of a bound that doubles up to 30 s. `chance` is in [0, 1). */
export function restartDelayMs(attempt: number, chance: number): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(bound / 2 + (bound / 2) * chance);
}

// What every bench shares: its shape, and the two forms in which its figures leave.

export interface Bench {
  /** Measures and prints; returns the exit code (0 within its bounds, 1 not, 2 wrong flags). */
  run(flags: string[]): Promise<number>;
}

export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What it is to be; a figure without a bound only informs. */
  bound?: { atLeast: number } | { atMost: number };
}

/** Prints the figures as a table for people and as one JSON value for programs. Returns 0 when all are within their bounds, else 1. */
export function printFigures(bench: string, figures: readonly Figure[]): 0 | 1 {
  const width = Math.max(...figures.map(({ what }) => what.length));
  for (const figure of figures) {
    const value = `${round(figure.value)} ${figure.unit}`.padStart(18);
    process.stderr.write(`${isWithin(figure) ? '✓' : '✗'} ${figure.what.padEnd(width)} ${value}  ${boundText(figure)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ bench, figures: figures.map((figure) => ({ ...figure, value: round(figure.value) })) })}\n`);
  return figures.every(isWithin) ? 0 : 1;
}

function isWithin({ value, bound }: Figure): boolean {
  if (bound === undefined) return true;
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

function boundText({ bound, unit }: Figure): string {
  if (bound === undefined) return '';
  return 'atLeast' in bound ? `at least ${bound.atLeast} ${unit}` : `at most ${bound.atMost} ${unit}`;
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

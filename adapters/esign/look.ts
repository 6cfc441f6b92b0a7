// Colours, measures and table styles of the contract: quiet, so that the figures speak.

export const ink = '#17202b';
export const muted = '#64707f';
export const accent = '#0b5d55';
const line = '#d3d9df';
const tint = '#f1f6f5';

export const textWidth = 595.28 - 2 * 60;
export const labelWidth = 108;

/** A coloured rule to the left of a block. */
export const sideRule = {
  hLineWidth: () => 0,
  vLineWidth: (column: number) => (column === 0 ? 2 : 0),
  vLineColor: () => accent,
  paddingLeft: (column: number) => (column === 0 ? 10 : 4),
  paddingRight: () => 0,
  paddingTop: () => 1,
  paddingBottom: () => 1,
};

/** A tinted block whose last row is set off. */
export function panel(rows: number): object {
  return {
    fillColor: () => tint,
    hLineWidth: (row: number) => (row === rows - 1 ? 0.8 : 0),
    hLineColor: () => accent,
    vLineWidth: () => 0,
    paddingLeft: () => 12,
    paddingRight: () => 12,
    paddingTop: (row: number) => (row === 0 ? 8 : 2.5),
    paddingBottom: (row: number) => (row === rows - 1 ? 7 : 2.5),
  };
}

/** Thin lines between rows, strong ones under the head and over the total. */
export function ledger(rows: number): object {
  return {
    hLineWidth: (row: number) => (row === 0 ? 0 : row === 1 || row === rows - 1 ? 0.8 : row === rows ? 0 : 0.4),
    hLineColor: (row: number) => (row === 1 || row === rows - 1 ? accent : line),
    vLineWidth: () => 0,
    paddingLeft: (column: number) => (column === 0 ? 2 : 6),
    paddingRight: () => 2,
    paddingTop: () => 3,
    paddingBottom: () => 3,
  };
}

/** A text whose longest word may be wider than its line: such a text breaks anywhere rather than run off the page. */
export function breakable(text: string, widthPoints: number): { text: string; wordBreak?: string } {
  const widestWord = Math.max(...text.split(/[\s\u200b-]/).map((word) => word.length));
  return widestWord * 7 > widthPoints ? { text, wordBreak: 'break-all' } : { text };
}

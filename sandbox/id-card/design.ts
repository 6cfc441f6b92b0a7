// What both sides of the card share: size, colours, the mark that it is no document.

import type { Pen } from './pen.ts';

/** ID-1 (85.60 × 53.98 mm) at about 475 dpi. */
export const cardSize = { width: 1600, height: 1009 } as const;

export const colours = { label: '#3c6e71', ink: '#17242b', red: '#b3261e', mark: '#c8553d' } as const;

/** A side of the card around its content: soft ground, wave lines, SPECIMEN across it and a line that says what it is. */
export function side(pen: Pen, content: string): string {
  const { width, height } = cardSize;
  const waves = Array.from({ length: 14 }, (_, index) => {
    const y = 40 + index * 72;
    return `<path d="M0 ${y} q200 -60 400 0 t400 0 t400 0 t400 0" fill="none" stroke="#9cc5b4" stroke-width="2" opacity="0.35"/>`;
  });
  const mark = pen.write({ text: 'SPECIMEN', x: -440, y: 70, size: 200, weight: 'medium', fill: colours.mark, opacity: 0.12 });
  const notice = 'SPECIMEN · THẺ MẪU · NOT A DOCUMENT · KHÔNG CÓ GIÁ TRỊ';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
    <defs><linearGradient id="ground" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="#e8f3ee"/><stop offset="0.5" stop-color="#f6f5ea"/><stop offset="1" stop-color="#dcebe6"/>
    </linearGradient></defs>
    <rect width="${width}" height="${height}" fill="url(#ground)"/>
    ${waves.join('')}
    <g transform="translate(${width / 2} ${height / 2}) rotate(-24)">${mark}</g>
    <rect width="${width}" height="46" fill="${colours.mark}"/>
    ${pen.write({ text: notice, x: 40, y: 33, size: 28, weight: 'medium', fill: '#ffffff' })}
    ${content}
  </svg>`;
}

/** 1999-12-31 as 31/12/1999. */
export function printedDate(day: string): string {
  return day.split('-').toReversed().join('/');
}

// The back: date and place of issue, fingerprints left empty, and the machine-readable zone (TD1).

import { formatMrz } from '../../domain/identity/mrz.ts';
import type { SpecimenPerson } from './card.ts';
import { colours, printedDate, side } from './design.ts';
import type { Pen } from './pen.ts';

export function drawBack(pen: Pen, person: SpecimenPerson): string {
  const zone = formatMrz({ ...person, sex: person.gender });
  const label = (text: string, y: number) => pen.write({ text, x: 70, y, size: 34, fill: colours.label });
  const value = (text: string, y: number) => pen.write({ text, x: 70, y, size: 42, weight: 'medium', fill: colours.ink });
  const lines = [
    label('Đặc điểm nhân dạng / Personal identification:', 130),
    value('Không', 190),
    label('Ngày, tháng, năm / Date, month, year:', 270),
    value(printedDate(person.issuedOn), 330),
    label('Nơi cấp / Issued by:', 410),
    value('Trasau Sandbox', 470),
    emptyFinger(pen, 980, 'Ngón trỏ trái / Left index finger'),
    emptyFinger(pen, 1280, 'Ngón trỏ phải / Right index finger'),
    `<rect y="640" width="1600" height="369" fill="#ffffff" opacity="0.75"/>`,
    ...zone.map((text, index) => pen.write({ text, x: 80, y: 750 + index * 100, size: 66, weight: 'medium', fill: '#101010', pitch: 48 })),
  ];
  return side(pen, lines.join(''));
}

function emptyFinger(pen: Pen, x: number, text: string): string {
  const [vietnamese = '', english = ''] = text.split(' / ');
  return `<rect x="${x}" y="120" width="240" height="300" rx="16" fill="none" stroke="${colours.label}" stroke-width="3" stroke-dasharray="14 10"/>
    ${pen.write({ text: vietnamese, x: x + 10, y: 465, size: 28, fill: colours.label })}
    ${pen.write({ text: english, x: x + 10, y: 502, size: 28, fill: colours.label })}`;
}

// The front: portrait, number, name, date of birth, sex, nationality, residence, expiry, and the QR code with the same in one line.

import { create as createQr } from 'qrcode';
import type { SpecimenPerson } from './card.ts';
import { colours, printedDate, side } from './design.ts';
import type { Pen } from './pen.ts';

/** Where the portrait goes, in pixels of the card. */
export const portraitFrame = { left: 70, top: 330, width: 420, height: 560 } as const;

const qrFrame = { left: 1310, top: 70, size: 240 };
const column = 540;

export function drawFront(pen: Pen, person: SpecimenPerson, codeOf: SpecimenPerson): string {
  const { red, ink } = colours;
  const expiry = person.expiresOn === null ? 'Không thời hạn' : printedDate(person.expiresOn);
  const lines = [
    pen.write({ text: 'CĂN CƯỚC CÔNG DÂN', x: column, y: 150, size: 68, weight: 'medium', fill: red }),
    pen.write({ text: 'Citizen Identity Card', x: column, y: 208, size: 40, fill: red }),
    drawChip(),
    label(pen, 'Số / No.:', column, 320),
    pen.write({ text: person.nationalId, x: column + 170, y: 326, size: 74, weight: 'medium', fill: ink }),
    label(pen, 'Họ và tên / Full name:', column, 400),
    pen.write({ text: person.fullName.toUpperCase(), x: column, y: 466, size: 58, weight: 'medium', fill: ink, maxWidth: 1000 }),
    label(pen, 'Ngày sinh / Date of birth:', column, 546),
    value(pen, printedDate(person.dateOfBirth), column + 400, 548),
    label(pen, 'Giới tính / Sex:', column, 620),
    value(pen, person.gender === 'female' ? 'Nữ' : 'Nam', column + 240, 622),
    label(pen, 'Quốc tịch / Nationality:', column + 370, 620),
    value(pen, 'Việt Nam', column + 730, 622),
    label(pen, 'Nơi thường trú / Place of residence:', column, 700),
    ...wrap(person.address, 42).map((text, index) => value(pen, text, column, 762 + index * 58)),
    label(pen, 'Có giá trị đến / Date of expiry:', 70, 950),
    value(pen, expiry, 545, 952),
    drawQr(qrText(codeOf)),
  ];
  return side(pen, lines.join(''));
}

/** `number|old CMND|name|ddMMyyyy|sex|address|issued`, as readers of the chip card expect it. */
function qrText(person: SpecimenPerson): string {
  const compact = (day: string) => printedDate(day).replaceAll('/', '');
  const sex = person.gender === 'female' ? 'Nữ' : 'Nam';
  return [person.nationalId, '', person.fullName, compact(person.dateOfBirth), sex, person.address, compact(person.issuedOn)].join('|');
}

function drawQr(text: string): string {
  const { modules } = createQr(text, { errorCorrectionLevel: 'M' });
  const { left, top, size } = qrFrame;
  const quiet = 3;
  const scale = size / (modules.size + 2 * quiet);
  const dark = Array.from({ length: modules.size ** 2 }, (_, index) => index).filter((index) => modules.data[index]);
  const squares = dark.map((index) => `M${index % modules.size} ${Math.floor(index / modules.size)}h1v1h-1z`).join('');
  return `<g transform="translate(${left} ${top}) scale(${scale})">
    <rect width="${modules.size + 2 * quiet}" height="${modules.size + 2 * quiet}" fill="#ffffff"/>
    <path transform="translate(${quiet} ${quiet})" d="${squares}" fill="#101010" shape-rendering="crispEdges"/></g>`;
}

function drawChip(): string {
  return `<g transform="translate(95 110)" stroke="#8a6d1b" stroke-width="3" fill="none">
    <rect width="170" height="130" rx="20" fill="#e0c265"/>
    <path d="M0 45h55v40h-55M170 45h-55v40h55M55 0v130M115 0v130M55 65h60"/></g>`;
}

function label(pen: Pen, text: string, x: number, y: number): string {
  return pen.write({ text, x, y, size: 34, fill: colours.label });
}

function value(pen: Pen, text: string, x: number, y: number): string {
  return pen.write({ text, x, y, size: 42, weight: 'medium', fill: colours.ink, maxWidth: 1540 - x });
}

/** Breaks at spaces; two lines are what the card has room for. */
function wrap(text: string, width: number): string[] {
  const cut = text.length <= width ? text.length : text.lastIndexOf(' ', width);
  const second = text.slice(cut).trim();
  return second === '' ? [text] : [text.slice(0, cut), second.slice(0, width)];
}

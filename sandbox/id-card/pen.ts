// Writing on a card without asking the machine for fonts: letters are drawn as outlines of a font that comes with a package, so a card
// looks the same, and reads the same, on every machine.

import { createRequire } from 'node:module';
import { openSync } from 'fontkit';
import type { Font } from 'fontkit';

export interface Writing {
  text: string;
  /** Left end of the baseline, in pixels. */
  x: number;
  y: number;
  /** Height of the font in pixels. */
  size: number;
  weight?: 'regular' | 'medium';
  fill?: string;
  /** Fixed distance from letter to letter, as a machine-readable zone needs it; the font's own widths when missing. */
  pitch?: number;
  /** A longer text is squeezed into this width. */
  maxWidth?: number;
  opacity?: number;
}

export interface Pen {
  /** An SVG element that shows the text. */
  write(writing: Writing): string;
}

/** Opens the fonts. Throws when the package with the fonts is not installed. */
export function createPen(): Pen {
  const { resolve } = createRequire(import.meta.url);
  const open = (style: string): Font => {
    const font = openSync(resolve(`pdfmake/fonts/Roboto/Roboto-${style}.ttf`));
    if ('fonts' in font) throw new Error('a font file with one font was expected');
    return font;
  };
  const fonts = { regular: open('Regular'), medium: open('Medium') };
  return {
    write: ({ text, x, y, size, weight = 'regular', fill = '#1a1a1a', pitch, maxWidth = Infinity, opacity = 1 }) => {
      const font = fonts[weight];
      const scale = size / font.unitsPerEm;
      const { glyphs, positions, advanceWidth } = font.layout(text.normalize('NFC'));
      const squeeze = pitch === undefined ? Math.min(1, maxWidth / (advanceWidth * scale)) : 1;
      let left = 0;
      const outlines = glyphs.map((glyph, index) => {
        const step = pitch === undefined ? (positions[index]?.xAdvance ?? 0) : pitch / scale;
        const width = pitch === undefined ? 1 : Math.min(1, (step * widestInCell) / glyph.advanceWidth);
        const at = pitch === undefined ? left : left + (step - glyph.advanceWidth * width) / 2;
        left += step;
        return `<path transform="translate(${at.toFixed(1)} 0) scale(${width.toFixed(3)} 1)" d="${glyph.path.toSVG()}"/>`;
      });
      const place = `translate(${x} ${y}) scale(${scale * squeeze} ${-scale})`;
      return `<g fill="${fill}" opacity="${opacity}" transform="${place}">${outlines.join('')}</g>`;
    },
  };
}

/** Share of its cell that a letter of fixed pitch may fill. */
const widestInCell = 0.94;

// What a file is by its first bytes, whatever its name or its sender says. Three formats are read; the ones that people send by mistake
// are named, because "not an image" helps nobody whose phone made the file.

export type ForeignFormatCode = 'EMPTY' | 'PDF' | 'SVG' | 'GIF' | 'HEIC' | 'NOT_AN_IMAGE';

export type Format = { kind: 'photo' } | { kind: 'foreign'; code: ForeignFormatCode; message: string };

/** Looks at the first bytes only; nothing is decoded. */
export function formatOf(bytes: Uint8Array): Format {
  if (bytes.byteLength === 0) return foreign('EMPTY', 'The file is empty.');
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  if (start.startsWith('\xFF\xD8\xFF') || start.startsWith('\x89PNG\r\n\x1A\n') || /^RIFF.{4}WEBP/s.test(start)) return { kind: 'photo' };
  const known = mistakes.find(([pattern]) => pattern.test(start));
  if (!known) return foreign('NOT_AN_IMAGE', 'The file is not a JPEG, PNG or WebP image.');
  const [, code, what] = known;
  return foreign(code, `${what} Send a JPEG, PNG or WebP photo.`);
}

const mistakes: [pattern: RegExp, code: ForeignFormatCode, what: string][] = [
  [/^\s*%PDF-/, 'PDF', 'This is a PDF document.'],
  [/^(?:\xEF\xBB\xBF)?\s*<(?:svg|\?xml|!DOCTYPE svg|!--)/i, 'SVG', 'This is a drawing (SVG or XML), not a photo.'],
  [/^GIF8[79]a/, 'GIF', 'This is a GIF, not a photo.'],
  [/^.{4}ftyp(?:hei|hev|mif1|msf1|avif)/s, 'HEIC', 'This is a HEIC or AVIF image, which cameras set to "most compatible" do not make.'],
];

function foreign(code: ForeignFormatCode, message: string): Format {
  return { kind: 'foreign', code, message };
}

// The three photos of a submission for the simulator's `scripted` mode: pictures of a QR code that say what is to be seen in them. They are
// JPEGs like any other, go through the whole intake, and are drawn and read in milliseconds.

import { create as createQr } from 'qrcode';
import sharp from 'sharp';
import { formatMrz } from '../../domain/identity/mrz.ts';
import { foldName } from '../../domain/identity/names.ts';
import { writeScript } from '../rekognition/script.ts';
import type { SpecimenPerson } from './card.ts';
import { printedDate } from './design.ts';

/** Who is on the selfie. */
export type SelfieScript =
  | 'holder'
  /** Somebody else: below the fail band. */
  | 'other'
  /** Between the bands: a reviewer is asked. */
  | 'uncertain'
  | 'nobody'
  | 'two'
  | 'blurred';

export interface ScriptedPhotos {
  idFront: Uint8Array;
  idBack: Uint8Array;
  selfie: Uint8Array;
}

const selfies: Record<SelfieScript, Parameters<typeof writeScript>[0]> = {
  holder: { faces: [{ person: 'holder' }] },
  other: { faces: [{ person: 'other' }] },
  uncertain: { faces: [{ person: 'holder', similarity: 88 }] },
  nobody: {},
  two: { faces: [{ person: 'holder' }, { person: 'other' }] },
  blurred: { faces: [{ person: 'holder', sharpness: 3 }] },
};

/** The photos of this person's card and of a selfie. What the card says follows from the person: to show another number or an expired
 *  card, give another person. The same input gives the same bytes. */
export async function renderScriptedPhotos(person: SpecimenPerson, selfie: SelfieScript = 'holder'): Promise<ScriptedPhotos> {
  const front = {
    faces: [{ person: 'holder' }],
    lines: [
      'CAN CUOC CONG DAN',
      `No.: ${person.nationalId}`,
      foldName(person.fullName),
      `Date of birth: ${printedDate(person.dateOfBirth)}`,
    ],
  };
  return {
    idFront: await renderScript(front),
    idBack: await renderScript({ lines: formatMrz({ ...person, sex: person.gender }) }),
    selfie: await renderScript(selfies[selfie]),
  };
}

/** A picture with any script; throws a ZodError for one that is none. */
export async function renderScript(script: Parameters<typeof writeScript>[0]): Promise<Uint8Array> {
  const { modules } = createQr(writeScript(script), { errorCorrectionLevel: 'M' });
  const { size } = modules;
  const luma = Buffer.from(Array.from(modules.data, (dark) => (dark ? 0 : 255)));
  return sharp(luma, { raw: { width: size, height: size, channels: 1 } })
    .resize(size * modulePixels, size * modulePixels, { kernel: 'nearest' })
    .extend({ top: quietPixels, bottom: quietPixels, left: quietPixels, right: quietPixels, background: 'white' })
    .jpeg({ quality: 90 })
    .toBuffer();
}

const modulePixels = 6;
/** Four modules of white around the code, as its standard asks. */
const quietPixels = 4 * modulePixels;

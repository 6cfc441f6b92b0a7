// The three photos of a submission for the simulator's `scripted` mode: pictures of a QR code that say what is to be seen in them. They are
// JPEGs like any other, go through the whole intake, and are drawn and read in milliseconds.

import { create as createQr } from 'qrcode';
import sharp from 'sharp';
import { formatMrz } from '../../domain/identity/mrz.ts';
import { foldName } from '../../domain/identity/names.ts';
import { writeScript } from '../rekognition/script.ts';
import type { SpecimenPerson } from './card.ts';
import type { PhotoSentinel } from '../sentinels.ts';
import { printedDate } from './design.ts';

export interface ScriptedPhotos {
  idFront: Uint8Array;
  idBack: Uint8Array;
  selfie: Uint8Array;
}

type Script = Parameters<typeof writeScript>[0];

/** The photos of this person's card and of a selfie, or what the sentinel makes of them. The same input gives the same bytes, and no two
 *  people send the same picture. */
export async function renderScriptedPhotos(person: SpecimenPerson, sentinel: PhotoSentinel = 'holder'): Promise<ScriptedPhotos> {
  const scripts = { ...genuine(person), ...changes(person)[sentinel] };
  return {
    idFront: await renderScript(scripts.idFront),
    idBack: await renderScript(scripts.idBack),
    selfie: await renderScript(scripts.selfie),
  };
}

type Scripts = Record<keyof ScriptedPhotos, Script>;

function genuine(person: SpecimenPerson): Scripts {
  return {
    idFront: {
      faces: [{ person: person.nationalId }],
      lines: [
        'CAN CUOC CONG DAN',
        `No.: ${person.nationalId}`,
        foldName(person.fullName),
        `Date of birth: ${printedDate(person.dateOfBirth)}`,
      ],
    },
    idBack: { lines: zoneOf(person) },
    selfie: { faces: [{ person: person.nationalId }] },
  };
}

/** What each sentinel changes of the genuine photos. */
function changes(person: SpecimenPerson): Record<PhotoSentinel, Partial<Scripts>> {
  const face = { person: person.nationalId };
  const stranger = { person: `not ${person.nationalId}` };
  const theirs = genuine({
    ...person,
    fullName: 'Trần Thị Bình',
    nationalId: `${person.nationalId.slice(0, 6)}${otherDigits(person.nationalId)}`,
  });
  const [first, second, third] = zoneOf(person);
  return {
    holder: {},
    other: { selfie: { faces: [stranger] } },
    uncertain: { selfie: { faces: [{ ...face, similarity: 88 }] } },
    nobody: { selfie: {} },
    two: { selfie: { faces: [face, stranger] } },
    blurred: { selfie: { faces: [{ ...face, sharpness: 3 }] } },
    turned: { selfie: { faces: [{ ...face, yaw: 60 }] } },
    otherCard: { idFront: { ...theirs.idFront, faces: [face] }, idBack: theirs.idBack },
    otherBack: { idBack: theirs.idBack },
    expired: { idBack: { lines: zoneOf({ ...person, expiresOn: person.issuedOn }) } },
    damagedZone: { idBack: { lines: [first, second.slice(0, -1) + String((Number(second.slice(-1)) + 1) % 10), third] } },
    blankBack: { idBack: {} },
  };
}

function zoneOf(person: SpecimenPerson): [string, string, string] {
  return formatMrz({ ...person, sex: person.gender });
}

/** Six other digits: the number of somebody of the same place, year and sex. */
function otherDigits(nationalId: string): string {
  return Array.from(nationalId.slice(6), (digit) => String((Number(digit) + 5) % 10)).join('');
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

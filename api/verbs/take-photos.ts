// The photos are read and made again as clean JPEGs, stored encrypted, and only then submitted. One that cannot be used refuses all
// three, with a reason for each, and the step stays open.

import { apiLimits } from '../../config/limits.ts';
import { readApplication } from '../../db/applications.ts';
import { sha256 } from '../../db/documents.ts';
import type { KeptDocument } from '../../db/documents.ts';
import { submitLivenessSession } from '../../db/liveness.ts';
import type { Tx } from '../../db/pool.ts';
import { countDocuments, lockedStep } from '../../db/views.ts';
import type { DocumentRef } from '../../domain/application.ts';
import { invariant } from '../../domain/failures.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiContext, ApiDeps } from '../environment.ts';
import { readPhotoForm } from '../photo-form.ts';
import type { PhotoKind } from '../photo-form.ts';
import { Problem } from '../problems.ts';
import type { FieldError } from '../problems.ts';
import { command } from './command.ts';
import { endedSession, livenessNeeded, refuseOtherSteps } from './check-liveness.ts';

/** Reads the photos from the request, stores them and submits them. Throws WRONG_STATE, LIVENESS_NEEDED, INVALID_FIELDS, PHOTO_REFUSED,
 *  TOO_MANY_PHOTOS or TEMPORARILY_UNAVAILABLE with nothing stored. */
export async function takePhotos(deps: ApiDeps, applicationId: string, id: string, c: ApiContext): Promise<ApplicationView> {
  const before = await readApplication(deps.database, applicationId);
  if (before) refuseOtherSteps(before);
  const session = deps.liveness && (await endedSession(deps, applicationId));
  const photos = await readPhotos(deps, c);
  const kept = await keepPhotos(deps, applicationId, photos);
  const [idFront, idBack, selfie] = await deps.database.withTransaction(async (tx) => {
    const place = await lockedStep(tx, applicationId);
    if (!place) throw new Problem('NOT_FOUND');
    refuseOtherSteps(place);
    const stored = [await store(deps, tx, kept[0]), await store(deps, tx, kept[1]), await store(deps, tx, kept[2])] as const;
    if (session && !(await submitLivenessSession(tx, session.id, stored[2].documentId))) throw livenessNeeded();
    return stored;
  });
  return command(deps, applicationId, async (ref) => deps.commands.submitIdentity(ref, id, { idFront, idBack, selfie }));
}

type Photos = Map<PhotoKind, Uint8Array>;

async function readPhotos({ readImage }: ApiDeps, c: ApiContext): Promise<Photos> {
  const photos: Photos = new Map();
  const refused: FieldError[] = [];
  const wrong = await readPhotoForm(c, async (kind, bytes) => {
    const image = await readImage(bytes);
    if (image.kind === 'busy') throw new Problem('TEMPORARILY_UNAVAILABLE', { detail: 'Too many photos are being read. Try again.' });
    if (image.kind === 'refused') refused.push({ pointer: `/${kind}`, code: image.code, message: image.message });
    else if (isAmong(photos, image.jpeg)) refused.push({ pointer: `/${kind}`, code: 'SAME_PHOTO', message: 'This photo was sent twice.' });
    else photos.set(kind, image.jpeg);
  });
  const errors = [...wrong, ...refused];
  if (wrong.length > 0) throw new Problem('INVALID_FIELDS', { detail: 'Correct the fields listed in `errors`.', errors });
  if (refused.length > 0) throw new Problem('PHOTO_REFUSED', { detail: 'Take the photos listed in `errors` again.', errors });
  return photos;
}

function isAmong(photos: Photos, jpeg: Uint8Array): boolean {
  return [...photos.values()].some((photo) => sha256(photo) === sha256(jpeg));
}

type Kept = readonly [idFront: KeptDocument, idBack: KeptDocument, selfie: KeptDocument];

async function keepPhotos({ documents }: ApiDeps, applicationId: string, photos: Photos): Promise<Kept> {
  const keep = async (kind: PhotoKind): Promise<KeptDocument> => {
    const content = photos.get(kind);
    invariant(content, 'a form without a photo was refused');
    return documents.keep({ applicationId, kind, mediaType: 'image/jpeg', content });
  };
  return Promise.all([keep('id_front'), keep('id_back'), keep('selfie')]);
}

async function store({ documents }: ApiDeps, tx: Tx, kept: KeptDocument): Promise<DocumentRef> {
  if ((await countDocuments(tx, kept.applicationId, kept.kind)) >= apiLimits.photosMaxPerKind) {
    throw new Problem('TOO_MANY_PHOTOS', { detail: 'Please contact support.' });
  }
  return documents.add(tx, kept);
}

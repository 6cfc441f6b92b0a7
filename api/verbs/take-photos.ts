// The photos are read and made again as clean JPEGs, stored encrypted, and only then submitted. One that cannot be used refuses all
// three, with a reason for each, and the step stays open.

import { apiLimits } from '../../config/limits.ts';
import { readApplication } from '../../db/applications.ts';
import type { Tx } from '../../db/pool.ts';
import { countDocuments, lockedStep } from '../../db/views.ts';
import type { DocumentRef } from '../../domain/application.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import type { FieldError } from '../problems.ts';
import { command, wrongState } from './command.ts';

const kinds = ['id_front', 'id_back', 'selfie'] as const;
type PhotoKind = (typeof kinds)[number];

/** Stores the photos and submits them. Throws WRONG_STATE, PHOTO_REFUSED or TOO_MANY_PHOTOS with nothing stored. */
export async function takePhotos(
  deps: ApiDeps,
  applicationId: string,
  id: string,
  files: Record<PhotoKind, File>,
): Promise<ApplicationView> {
  const before = await readApplication(deps.database, applicationId);
  if (before) refuseOtherSteps(before);
  const jpegs = await readPhotos(deps, files);
  const [idFront, idBack, selfie] = await deps.database.withTransaction(async (tx) => {
    const place = await lockedStep(tx, applicationId);
    if (!place) throw new Problem('NOT_FOUND');
    refuseOtherSteps(place);
    return [
      await store(deps, tx, applicationId, 'id_front', jpegs.id_front),
      await store(deps, tx, applicationId, 'id_back', jpegs.id_back),
      await store(deps, tx, applicationId, 'selfie', jpegs.selfie),
    ] as const;
  });
  return command(deps.database, applicationId, async (ref) => deps.commands.submitIdentity(ref, id, { idFront, idBack, selfie }));
}

function refuseOtherSteps({ step, status }: { step: string; status: ApplicationView['status'] }): void {
  if (step !== 'identity' || status !== 'in_progress') throw wrongState(status);
}

// One after the other: a decoded photo takes tens of megabytes.
async function readPhotos({ readImage }: ApiDeps, files: Record<PhotoKind, File>): Promise<Record<PhotoKind, Uint8Array>> {
  const errors: FieldError[] = [];
  const read = async (kind: PhotoKind): Promise<Uint8Array> => {
    const image = await readImage(new Uint8Array(await files[kind].arrayBuffer()));
    if (image.kind === 'ok') return image.jpeg;
    errors.push({ pointer: `/${kind}`, code: image.code, message: image.message });
    return new Uint8Array();
  };
  const jpegs = { id_front: await read('id_front'), id_back: await read('id_back'), selfie: await read('selfie') };
  if (errors.length > 0) throw new Problem('PHOTO_REFUSED', { detail: 'Take the photos listed in `errors` again.', errors });
  return jpegs;
}

async function store({ documents }: ApiDeps, tx: Tx, applicationId: string, kind: PhotoKind, jpeg: Uint8Array): Promise<DocumentRef> {
  if ((await countDocuments(tx, applicationId, kind)) >= apiLimits.photosMaxPerKind) {
    throw new Problem('TOO_MANY_PHOTOS', { detail: 'Please contact support.' });
  }
  return documents.add(tx, { applicationId, kind, mediaType: 'image/jpeg', content: jpeg });
}

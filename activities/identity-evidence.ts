// What can be seen on the photos of one submission. Rekognition is asked for everything at once, for what it answers does not depend on
// what it answered before; only faces are compared after both photos have shown one.

import type { IdentitySubmission } from '../domain/application.ts';
import { invariant } from '../domain/failures.ts';
import type { IdentityEvidence } from '../domain/identity/checks.ts';
import type { CallContext, CardCodeReader, DetectedFace, IdentityProvider } from '../domain/ports.ts';
import type { Store } from '../db/store.ts';

interface Eyes {
  provider: IdentityProvider;
  codes: CardCodeReader;
}

/** Looks at the photos and into our own books. Throws what the provider throws. */
export async function gatherEvidence(
  { store, ...eyes }: Eyes & { store: Store },
  applicationId: string,
  submission: IdentitySubmission,
): Promise<IdentityEvidence> {
  const photo = async (of: keyof IdentitySubmission): Promise<Buffer> => readPhoto(store, applicationId, submission[of]);
  const photos = { front: await photo('idFront'), back: await photo('idBack'), selfie: await photo('selfie') };
  const digests = [submission.idFront.sha256, submission.idBack.sha256, submission.selfie.sha256];
  const doubles = await store.identity.doubles(store, applicationId, digests);
  return { ...(await lookAtPhotos(eyes, photos, applicationId)), doubles };
}

interface Photos {
  front: Uint8Array;
  back: Uint8Array;
  selfie: Uint8Array;
}

/** What the photos show. Throws what the provider throws; calls that are still under way are then ended. */
export async function lookAtPhotos(
  { provider, codes }: Eyes,
  { front, back, selfie }: Photos,
  reference: string,
): Promise<Omit<IdentityEvidence, 'doubles'>> {
  const stop = new AbortController();
  const call: CallContext = { reference, signal: stop.signal };
  try {
    const [faces, frontText, backText, texts] = await Promise.all([
      lookAtFaces(provider, front, selfie, call),
      provider.detectText(front, call),
      provider.detectText(back, call),
      readCodes(codes, front, back),
    ]);
    return { ...faces, frontText, backText, codes: texts };
  } catch (error) {
    stop.abort();
    throw error;
  }
}

async function readPhoto(store: Store, applicationId: string, { documentId, sha256 }: IdentitySubmission['selfie']): Promise<Buffer> {
  const document = await store.documents.read(store, documentId);
  invariant(document?.applicationId === applicationId, 'a submission names documents of its own application');
  invariant(document.sha256 === sha256, 'a document is what was submitted');
  return document.content;
}

interface Faces {
  frontFaces: DetectedFace[];
  selfieFaces: DetectedFace[];
  similarity: number | null;
}

/** Without a face in both, there is nothing to compare, and the provider would call the question wrong. */
async function lookAtFaces(provider: IdentityProvider, front: Uint8Array, selfie: Uint8Array, call: CallContext): Promise<Faces> {
  const [frontFaces, selfieFaces] = await Promise.all([provider.detectFaces(front, call), provider.detectFaces(selfie, call)]);
  if (frontFaces.length === 0 || selfieFaces.length === 0) return { frontFaces, selfieFaces, similarity: null };
  const { similarity } = await provider.compareFaces(front, selfie, call);
  return { frontFaces, selfieFaces, similarity };
}

/** Cards have their code in front; those of 2024 on the back. */
async function readCodes(codes: CardCodeReader, front: Uint8Array, back: Uint8Array): Promise<string[] | null> {
  const inFront = await codes.read(front);
  return inFront === null || inFront.length > 0 ? inFront : codes.read(back);
}

// What can be seen on the photos of one submission. Rekognition is asked for everything at once, for what it answers does not depend on
// what it answered before; only faces are compared after both photos have shown one.

import type { DocumentRef, IdentitySubmission } from '../domain/application.ts';
import { invariant } from '../domain/failures.ts';
import type { IdentityEvidence, IdentityPolicy, Photo } from '../domain/identity/checks.ts';
import type { CallContext, CardCodeReader, DetectedFace, IdentityProvider } from '../domain/ports.ts';
import type { Store } from '../db/store.ts';

interface Eyes {
  provider: IdentityProvider;
  codes: CardCodeReader;
}

interface Gathered {
  evidence: IdentityEvidence;
  /** Digest of each photo that was looked at. */
  digests: Partial<Record<Photo, string>>;
}

/** Looks at the photos and into our own books. Throws what the provider throws. */
export async function gatherEvidence(
  { store, policy, ...eyes }: Eyes & { store: Store; policy: IdentityPolicy },
  applicationId: string,
  submission: IdentitySubmission,
): Promise<Gathered> {
  const { idFront, idBack, selfie } = submission;
  const session = policy.liveness === 'required' ? await store.identity.livenessBehind(store, applicationId, selfie.documentId) : null;
  const photo = async (of: DocumentRef): Promise<Buffer> => readPhoto(store, applicationId, of);
  const photos = {
    front: await photo(idFront),
    back: await photo(idBack),
    selfie: await photo(selfie),
    live: session?.reference ? await photo(session.reference) : null,
  };
  const doubles = await store.identity.doubles(store, applicationId, [idFront.sha256, idBack.sha256, selfie.sha256]);
  const { liveSimilarity, ...sight } = await lookAtPhotos(eyes, photos, applicationId);
  const liveness = session && { confidence: session.confidence, similarity: liveSimilarity };
  return {
    evidence: { ...sight, liveness, doubles },
    digests: {
      idFront: idFront.sha256,
      idBack: idBack.sha256,
      selfie: selfie.sha256,
      ...(session?.reference && { liveness: session.reference.sha256 }),
    },
  };
}

interface Photos {
  front: Uint8Array;
  back: Uint8Array;
  selfie: Uint8Array;
  /** The reference image of a liveness session. */
  live?: Uint8Array | null;
}

type Sight = Omit<IdentityEvidence, 'doubles' | 'liveness'> & { liveSimilarity: number | null };

/** What the photos show. Throws what the provider throws; calls that are still under way are then ended. */
export async function lookAtPhotos(
  { provider, codes }: Eyes,
  { front, back, selfie, live = null }: Photos,
  reference: string,
): Promise<Sight> {
  const stop = new AbortController();
  const call: CallContext = { reference, signal: stop.signal };
  try {
    const [faces, frontText, backText, texts] = await Promise.all([
      lookAtFaces(provider, { front, selfie, live }, call),
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

async function readPhoto(store: Store, applicationId: string, { documentId, sha256 }: DocumentRef): Promise<Buffer> {
  const document = await store.documents.read(store, documentId);
  invariant(document?.applicationId === applicationId, 'a submission names documents of its own application');
  invariant(document.sha256 === sha256, 'a document is what was submitted');
  return document.content;
}

type Faces = Pick<Sight, 'frontFaces' | 'selfieFaces' | 'similarity' | 'liveSimilarity'>;

async function lookAtFaces(
  provider: IdentityProvider,
  { front, selfie, live }: Pick<Required<Photos>, 'front' | 'selfie' | 'live'>,
  call: CallContext,
): Promise<Faces> {
  const [frontFaces, selfieFaces, liveFaces] = await Promise.all([
    provider.detectFaces(front, call),
    provider.detectFaces(selfie, call),
    live ? provider.detectFaces(live, call) : [],
  ]);
  /** Without a face in both, there is nothing to compare, and the provider would call the question wrong. */
  const similarityTo = async (source: Uint8Array | null, faces: readonly DetectedFace[]): Promise<number | null> =>
    source === null || faces.length === 0 || selfieFaces.length === 0
      ? null
      : (await provider.compareFaces(source, selfie, call)).similarity;
  const [similarity, liveSimilarity] = await Promise.all([similarityTo(front, frontFaces), similarityTo(live, liveFaces)]);
  return { frontFaces, selfieFaces, similarity, liveSimilarity };
}

/** Cards have their code in front; those of 2024 on the back. */
async function readCodes(codes: CardCodeReader, front: Uint8Array, back: Uint8Array): Promise<string[] | null> {
  const inFront = await codes.read(front);
  return inFront === null || inFront.length > 0 ? inFront : codes.read(back);
}

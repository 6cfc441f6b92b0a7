// The checks on faces: first whether there is exactly one good face to look at, then whether portrait and selfie are the same person.

import type { DetectedFace } from '../ports.ts';
import { failed, passed, undecided, unsure } from './check.ts';
import type { IdentityCheck } from './check.ts';
import type { IdentityPolicy } from './policy.ts';

/** What a liveness session found. */
export interface Liveness {
  /** How sure the provider is that somebody was there (0–100). */
  confidence: number;
  /** Similarity (0–100) of the selfie and the session's reference image; null when they could not be compared. */
  similarity: number | null;
}

/** The selfie shows one person. People far in the background do not count. */
export function checkSelfie(faces: readonly DetectedFace[] | null, policy: IdentityPolicy): IdentityCheck {
  if (faces === null || !faces.every(isMeasured)) return unsure('selfie', 'IDENTITY_EVIDENCE_MISSING');
  const prominent = prominentFaces(faces, policy);
  const [face] = prominent;
  if (face === undefined) return failed('selfie', 'IDENTITY_NO_FACE', { faces: faces.length });
  if (prominent.length > 1) return failed('selfie', 'IDENTITY_MANY_FACES', { faces: prominent.length });
  return passed('selfie', { faces: faces.length, confidence: face.confidence });
}

/** Its face looks into the camera, sharp and well lit. Where there is no face there is no quality either, and the check before said so. */
export function checkSelfieQuality(faces: readonly DetectedFace[] | null, policy: IdentityPolicy): IdentityCheck {
  if (faces === null || !faces.every(isMeasured)) return unsure('selfie_quality', 'IDENTITY_EVIDENCE_MISSING');
  const [face] = prominentFaces(faces, policy);
  if (face === undefined) return undecided('selfie_quality');
  const { brightness, sharpness, yaw, pitch, roll } = face;
  const scores = { brightness, sharpness, yaw, pitch, roll };
  const good =
    Math.abs(yaw) <= policy.yawMax &&
    pitch >= policy.pitchMin &&
    pitch <= policy.pitchMax &&
    sharpness >= policy.sharpnessMin &&
    brightness >= policy.brightnessMin &&
    brightness <= policy.brightnessMax;
  return good ? passed('selfie_quality', scores) : failed('selfie_quality', 'IDENTITY_POOR_PHOTO', scores);
}

/** The card's front shows a portrait. A card may carry a small ghost of it, so several faces are allowed and recorded. */
export function checkPortrait(faces: readonly DetectedFace[] | null, policy: IdentityPolicy): IdentityCheck {
  if (faces === null || !faces.every(isMeasured)) return unsure('portrait', 'IDENTITY_EVIDENCE_MISSING');
  const [face] = prominentFaces(faces, policy);
  if (face === undefined) return failed('portrait', 'IDENTITY_NO_FACE', { faces: faces.length });
  return passed('portrait', { faces: faces.length, confidence: face.confidence });
}

/** Portrait and selfie show the same person. Between the bands nobody is refused: a person looks. */
export function checkFaceMatch(similarity: number | null, policy: IdentityPolicy): IdentityCheck {
  return samePerson('face_match', similarity, policy);
}

/** Somebody was there when the camera looked. How sure that must be is the policy's to say. */
export function checkLiveness(liveness: Liveness | null, policy: IdentityPolicy): IdentityCheck {
  const { livenessPass, livenessFail } = policy;
  if (liveness === null || !isPercent(liveness.confidence)) return unsure('liveness', 'IDENTITY_EVIDENCE_MISSING');
  const { confidence } = liveness;
  if (confidence >= livenessPass) return passed('liveness', { confidence });
  return confidence < livenessFail
    ? failed('liveness', 'IDENTITY_NOT_LIVE', { confidence })
    : unsure('liveness', 'IDENTITY_LIVENESS_UNCERTAIN', { confidence });
}

/** Who was there is who is on the selfie, which is compared with the card: a live face and a stranger's photos prove nothing. */
export function checkLivenessMatch(liveness: Liveness | null, policy: IdentityPolicy): IdentityCheck {
  return samePerson('liveness_match', liveness?.similarity ?? null, policy);
}

function samePerson(kind: 'face_match' | 'liveness_match', similarity: number | null, policy: IdentityPolicy): IdentityCheck {
  if (similarity === null || !isPercent(similarity)) return unsure(kind, 'IDENTITY_EVIDENCE_MISSING');
  if (similarity >= policy.similarityPass) return passed(kind, { similarity });
  if (similarity < policy.similarityFail) return failed(kind, 'IDENTITY_FACE_MISMATCH', { similarity });
  return unsure(kind, 'IDENTITY_FACE_UNCERTAIN', { similarity });
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100;
}

/** The faces that count, largest first. */
function prominentFaces(faces: readonly DetectedFace[], policy: IdentityPolicy): DetectedFace[] {
  const sure = faces.filter((face) => face.confidence >= policy.faceConfidenceMin).sort((a, b) => area(b) - area(a));
  const largest = sure[0] ? area(sure[0]) : 0;
  return sure.filter((face) => area(face) >= largest * policy.prominentFaceShare);
}

function area({ box }: DetectedFace): number {
  return box.width * box.height;
}

function isMeasured(face: DetectedFace): boolean {
  const { box, confidence, brightness, sharpness, yaw, pitch, roll } = face;
  return [...Object.values(box), confidence, brightness, sharpness, yaw, pitch, roll].every((value) => Number.isFinite(value));
}

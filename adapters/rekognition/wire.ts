// What Rekognition answers, as far as it is used. The SDK hands over whatever came, with every field optional; here an answer is whole
// or it is garbage, because a missing number must not become a score.

import { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { DetectedFace, LivenessReading } from '../../domain/ports.ts';

const percent = z.number().min(0).max(100);
const degrees = z.number().min(-180).max(180);
/** Boxes may reach over the edge of the image. */
const ratio = z.number().min(-1).max(2);

const faceDetail = z
  .object({
    BoundingBox: z.object({ Left: ratio, Top: ratio, Width: ratio.min(0), Height: ratio.min(0) }),
    Confidence: percent,
    Quality: z.object({ Brightness: percent, Sharpness: percent }),
    Pose: z.object({ Yaw: degrees, Pitch: degrees, Roll: degrees }),
  })
  .transform(({ BoundingBox: { Left, Top, Width, Height }, Confidence, Quality, Pose }): DetectedFace => ({
    box: { left: Left, top: Top, width: Width, height: Height },
    confidence: Confidence,
    brightness: Quality.Brightness,
    sharpness: Quality.Sharpness,
    yaw: Pose.Yaw,
    pitch: Pose.Pitch,
    roll: Pose.Roll,
  }));

const detectFacesAnswer = z.object({ FaceDetails: z.array(faceDetail).max(100) });
const compareFacesAnswer = z.object({ FaceMatches: z.array(z.object({ Similarity: percent })).max(100) });
const textDetection = z.object({ DetectedText: z.string(), Type: z.enum(['LINE', 'WORD']), Confidence: percent });
const detectTextAnswer = z.object({ TextDetections: z.array(textDetection).max(1_000) });

const createSessionAnswer = z.object({ SessionId: z.string().min(1).max(100) });
const sessionAnswer = z.discriminatedUnion('Status', [
  z.object({ Status: z.enum(['CREATED', 'IN_PROGRESS', 'FAILED', 'EXPIRED']) }),
  z.object({
    Status: z.literal('SUCCEEDED'),
    Confidence: percent,
    ReferenceImage: z.object({ Bytes: z.instanceof(Uint8Array).optional() }).optional(),
  }),
]);
const unfinished = { CREATED: 'open', IN_PROGRESS: 'open', FAILED: 'failed', EXPIRED: 'expired' } as const;

/** The id of a new liveness session. Throws `garbage`. */
export function parseSessionId(answer: unknown): string {
  return parse(createSessionAnswer, answer).SessionId;
}

/** How a liveness session stands. Audit images are not kept, and none are asked for. Throws `garbage`. */
export function parseLiveness(answer: unknown): LivenessReading {
  const session = parse(sessionAnswer, answer);
  if (session.Status !== 'SUCCEEDED') return { kind: unfinished[session.Status] };
  return { kind: 'ended', confidence: session.Confidence, referenceImage: session.ReferenceImage?.Bytes ?? null };
}

/** The faces, largest first. Throws `garbage`. */
export function parseFaces(answer: unknown): DetectedFace[] {
  const area = ({ box }: DetectedFace) => box.width * box.height;
  return parse(detectFacesAnswer, answer).FaceDetails.sort((a, b) => area(b) - area(a));
}

/** The best similarity, 0 when nothing matched. Throws `garbage`. */
export function parseSimilarity(answer: unknown): number {
  return Math.max(0, ...parse(compareFacesAnswer, answer).FaceMatches.map((match) => match.Similarity));
}

/** The lines (words are parts of them) in the order of the answer, which is top to bottom. Throws `garbage`. */
export function parseTextLines(answer: unknown): { text: string; confidence: number }[] {
  const lines = parse(detectTextAnswer, answer).TextDetections.filter((detection) => detection.Type === 'LINE');
  return lines.map(({ DetectedText, Confidence }) => ({ text: DetectedText, confidence: Confidence }));
}

function parse<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const result = schema.safeParse(answer);
  if (!result.success) throw new VendorFailure('rekognition', 'garbage', 'ANSWER_SHAPE');
  return result.data;
}

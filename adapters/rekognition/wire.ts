// What Rekognition answers, as far as it is used. The SDK hands over whatever came, with every field optional; here an answer is whole
// or it is garbage, because a missing number must not become a score.

import { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { DetectedFace } from '../../domain/ports.ts';

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

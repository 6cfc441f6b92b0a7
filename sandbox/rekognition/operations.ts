// The three operations, from request to answer, in the words of Rekognition's API reference.

import { compareFacesRequest, detectFacesRequest, detectTextRequest, invalidParameter, parseRequest, readPicture } from './request.ts';
import type { Box, SeenFace, SeenWord, Vision } from './vision.ts';

/** At most so many faces are reported, the largest. */
const facesMax = 100;
/** At most so many words are read in one image. */
const wordsMax = 100;

/** The faces of an image, largest first. An image without a face is an empty list, no error. */
export async function detectFaces(vision: Vision, request: unknown): Promise<object> {
  const { Image } = parseRequest(detectFacesRequest, request);
  const faces = await vision.faces(await readPicture(Image));
  return { FaceDetails: faces.slice(0, facesMax).map(faceOnWire) };
}

/** The source's largest face against every face of the target. No face in either is InvalidParameterException, as in the service. */
export async function compareFaces(vision: Vision, request: unknown): Promise<object> {
  const { SourceImage, TargetImage, SimilarityThreshold } = parseRequest(compareFacesRequest, request);
  const [source, target] = [await readPicture(SourceImage), await readPicture(TargetImage)];
  const [sourceFace] = await vision.faces(source);
  const targetFaces = (await vision.faces(target)).slice(0, facesMax);
  if (!sourceFace || targetFaces.length === 0) throw invalidParameter();
  const similarities = await vision.similarities(source, target);
  const compared = targetFaces.map((face, index) => ({ Similarity: similarities[index] ?? 0, Face: faceOnWire(face) }));
  return {
    SourceImageFace: { BoundingBox: boxOnWire(sourceFace.box), Confidence: sourceFace.confidence },
    FaceMatches: compared.filter((match) => match.Similarity >= SimilarityThreshold).sort((a, b) => b.Similarity - a.Similarity),
    UnmatchedFaces: compared.filter((match) => match.Similarity < SimilarityThreshold).map((match) => match.Face),
  };
}

/** Lines first, then their words, each word with the line it belongs to. */
export async function detectText(vision: Vision, request: unknown): Promise<object> {
  const { Image } = parseRequest(detectTextRequest, request);
  const lines = await vision.text(await readPicture(Image));
  const detections: object[] = lines.map((line, index) => ({ ...wordOnWire(line), Type: 'LINE', Id: index }));
  const words = lines.flatMap((line, index) => line.words.map((word) => ({ ...wordOnWire(word), Type: 'WORD', ParentId: index })));
  for (const word of words.slice(0, wordsMax)) detections.push({ ...word, Id: detections.length });
  return { TextDetections: detections, TextModelVersion: '3.0' };
}

function faceOnWire(face: SeenFace): object {
  return {
    BoundingBox: boxOnWire(face.box),
    Confidence: face.confidence,
    Landmarks: face.landmarks.map(({ type, x, y }) => ({ Type: type, X: x, Y: y })),
    Pose: { Roll: face.roll, Yaw: face.yaw, Pitch: face.pitch },
    Quality: { Brightness: face.brightness, Sharpness: face.sharpness },
  };
}

function wordOnWire({ text, confidence, box }: SeenWord): object {
  const { left, top, width, height } = box;
  const corners = [
    [left, top],
    [left + width, top],
    [left + width, top + height],
    [left, top + height],
  ];
  const Polygon = corners.map(([X, Y]) => ({ X, Y }));
  return { DetectedText: text, Confidence: confidence, Geometry: { BoundingBox: boxOnWire(box), Polygon } };
}

function boxOnWire({ left, top, width, height }: Box): object {
  return { Left: left, Top: top, Width: width, Height: height };
}

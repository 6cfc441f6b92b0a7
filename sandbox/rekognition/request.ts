// What callers send: the members of the operations that the simulator knows, and the checks of an image that the service makes
// before it looks at it.

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { z } from 'zod';
import { identityLimits } from '../../config/identity-limits.ts';
import { AwsFailure } from '../aws/aws-failure.ts';
import type { Picture } from './vision.ts';

const image = z.object({ Bytes: z.string().optional(), S3Object: z.object({}).optional() });

export const detectFacesRequest = z.object({ Image: image, Attributes: z.array(z.string()).optional() });
export const compareFacesRequest = z.object({
  SourceImage: image,
  TargetImage: image,
  SimilarityThreshold: z.number().min(0).max(100).default(80),
  QualityFilter: z.enum(['NONE', 'AUTO', 'LOW', 'MEDIUM', 'HIGH']).default('NONE'),
});
export const detectTextRequest = z.object({ Image: image });

export const createSessionRequest = z.object({
  ClientRequestToken: z
    .string()
    .regex(/^[a-zA-Z0-9-_]{1,64}$/)
    .optional(),
  KmsKeyId: z.string().optional(),
  Settings: z.object({ AuditImagesLimit: z.number().int().min(0).max(4).default(0) }).optional(),
});
export const sessionRequest = z.object({ SessionId: z.uuid() });

/** Throws InvalidParameterException. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, request: unknown): z.output<Schema> {
  const result = schema.safeParse(request);
  if (!result.success) throw invalidParameter();
  return result.data;
}

/** The image as bytes, checked for size, format and dimensions. Throws ImageTooLargeException, InvalidImageFormatException,
 *  InvalidParameterException, SerializationException for what is not base64, InvalidS3ObjectException for an object: there is no S3 here. */
export async function readPicture({ Bytes, S3Object }: z.output<typeof image>): Promise<Picture> {
  if (S3Object) throw new AwsFailure('InvalidS3ObjectException', 'Unable to get object metadata from S3.');
  if (!Bytes) throw invalidParameter();
  if (Bytes.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(Bytes))
    throw new AwsFailure('SerializationException', 'Bytes is not base64.');
  const bytes = Buffer.from(Bytes, 'base64');
  if (bytes.length > identityLimits.imageMaxBytes) throw imageTooLarge();
  const start = bytes.subarray(0, 8).toString('latin1');
  if (!start.startsWith('\xFF\xD8\xFF') && !start.startsWith('\x89PNG\r\n\x1A\n')) throw invalidImageFormat();
  const { width, height } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => {
      throw invalidImageFormat();
    });
  if (width * height > identityLimits.imageMaxPixels) throw imageTooLarge();
  if (Math.min(width, height) < identityLimits.imageMinSidePixels) throw invalidParameter();
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export function invalidParameter(): AwsFailure {
  return new AwsFailure('InvalidParameterException', 'Request has invalid parameters');
}

function imageTooLarge(): AwsFailure {
  return new AwsFailure('ImageTooLargeException', 'The input image size exceeds the allowed limit.');
}

function invalidImageFormat(): AwsFailure {
  return new AwsFailure('InvalidImageFormatException', 'Request has invalid image format');
}

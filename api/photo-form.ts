// The photos of a submission, read from the form while it arrives. One raw photo is in memory at a time: the next part is read when the
// photo before it was taken, so a slow reader slows its sender down and a large form costs no more than a small one.

import { Busboy } from '@fastify/busboy';
import type { BusboyInstance } from '@fastify/busboy';
import { identityLimits } from '../config/identity-limits.ts';
import { apiLimits } from '../config/limits.ts';
import type { ApiContext } from './environment.ts';
import { pointer, Problem } from './problems.ts';
import type { FieldError } from './problems.ts';

export const photoKinds = ['id_front', 'id_back', 'selfie'] as const;
export type PhotoKind = (typeof photoKinds)[number];

/** Longest form in bytes. */
const formMaxBytes = photoKinds.length * identityLimits.imageMaxBytes + apiLimits.formOverheadBytes;

/** Reads the form and gives each photo to `take`, in the order in which they come. Returns what is wrong with the form as such: a part
 *  that is unknown, missing, sent twice, empty, too large, or no file. Throws MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE and BODY_TOO_LARGE. */
export async function readPhotoForm(c: ApiContext, take: (kind: PhotoKind, bytes: Buffer) => Promise<void>): Promise<FieldError[]> {
  refuseLongForm(Number(c.req.header('content-length') ?? 0));
  const contentType = c.req.header('content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send the photos as multipart/form-data.' });
  }
  const form = openForm(contentType);
  const complete = new Promise<void>((resolve, reject) => void form.parser.on('finish', resolve).on('error', reject));
  complete.catch(() => undefined); // it is awaited below, and may fail before
  // A reader by hand: a loop would cancel the body when it is left, and with it the connection that is to carry the reason.
  const reader = c.req.raw.body?.getReader();
  let received = 0;
  try {
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
      refuseLongForm((received += chunk.value.byteLength));
      // A parser that has failed never says that it took the chunk.
      await Promise.race([complete, new Promise<void>((resolve) => void form.parser.write(chunk?.value, () => resolve()))]);
      for (const photo of form.photos.splice(0)) await take(photo.kind, photo.bytes);
    }
    form.parser.end();
    await complete;
  } catch (error) {
    form.parser.destroy();
    throw error instanceof Problem ? error : new Problem('MALFORMED_BODY', { detail: 'The form ends early.', cause: error });
  }
  for (const photo of form.photos) await take(photo.kind, photo.bytes);
  for (const kind of photoKinds) if (!form.names.has(kind)) form.errors.push(fault(kind, 'MISSING', 'is missing'));
  return form.errors;
}

interface Form {
  parser: BusboyInstance;
  /** Read to their end and not yet taken. */
  photos: { kind: PhotoKind; bytes: Buffer }[];
  names: Set<string>;
  errors: FieldError[];
}

function openForm(contentType: string): Form {
  const form = { photos: [], names: new Set<string>(), errors: [], parser: createParser(contentType) } satisfies Form as Form;
  form.parser.on('file', (name, file) => {
    const chunks: Buffer[] = [];
    file.on('data', (chunk: Buffer) => void chunks.push(chunk));
    file.on('limit', () => void chunks.splice(0)); // what is too large is not kept
    file.on('error', () => undefined); // a form that ends early is the parser's error as well
    file.on('end', () => keep(form, name, file.truncated ? 'too large' : Buffer.concat(chunks)));
  });
  form.parser.on('field', (name) => keep(form, name, 'no file'));
  form.parser.on('partsLimit', () => void form.errors.push({ pointer: '', code: 'TOO_MANY_PARTS', message: 'has more parts than photos' }));
  return form;
}

function createParser(contentType: string): BusboyInstance {
  const limits = {
    fileSize: identityLimits.imageMaxBytes,
    fieldSize: 1,
    parts: apiLimits.formMaxParts,
    headerPairs: 20,
    headerSize: 4_096,
  };
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits });
  } catch (error) {
    throw new Problem('MALFORMED_BODY', { detail: 'The content type names no boundary.', cause: error });
  }
}

function keep(form: Form, name: string | undefined, content: Buffer | 'too large' | 'no file'): void {
  const kind = photoKinds.find((known) => known === name);
  if (!kind) return void form.errors.push(fault(name ?? '', 'UNKNOWN_FIELD', 'is not known here'));
  if (form.names.has(kind)) return void form.errors.push(fault(kind, 'REPEATED', 'must be one file'));
  form.names.add(kind);
  if (content === 'no file') form.errors.push(fault(kind, 'NOT_A_FILE', 'must be a file'));
  else if (content === 'too large') form.errors.push(fault(kind, 'TOO_LARGE', `must have at most ${identityLimits.imageMaxBytes} bytes`));
  else form.photos.push({ kind, bytes: content });
}

function fault(name: string, code: string, message: string): FieldError {
  return { pointer: pointer([name]), code, message };
}

function refuseLongForm(bytes: number): void {
  if (bytes > formMaxBytes) throw new Problem('BODY_TOO_LARGE', { detail: `At most ${formMaxBytes} bytes are accepted here.` });
}

// Where a list goes on, as an opaque text: encrypted and authenticated, and bound to the one who asked, so that nobody can make one up
// or read anything from it.

import { z } from 'zod';
import type { Boxes } from '../db/boxes.ts';
import type { Position } from '../db/page.ts';
import { Problem } from './problems.ts';

const stored = z.tuple([z.string(), z.string()]);

/** The cursor for a position in this owner's list. */
export function sealCursor(boxes: Boxes, owner: string, { createdAt, id }: Position): string {
  return boxes.seal(`cursor:${owner}`, JSON.stringify([createdAt, id])).toString('base64url');
}

/** The position of a cursor of this owner. Throws INVALID_FIELDS for any other text. */
export function openCursor(boxes: Boxes, owner: string, cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [createdAt, id] = stored.parse(JSON.parse(boxes.open(`cursor:${owner}`, Buffer.from(cursor, 'base64url')).toString()));
    return { createdAt, id };
  } catch {
    const errors = [{ pointer: '/cursor', code: 'CURSOR_INVALID', message: 'must be a next_cursor of this list' }];
    throw new Problem('INVALID_FIELDS', { errors });
  }
}

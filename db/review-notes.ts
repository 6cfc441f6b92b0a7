// Notes of staff on a review task: append-only, with who wrote them, and encrypted, because a note may name somebody. The audit log holds
// that there is one, not what it says.

import { audit } from './audit.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';
import { askedBefore } from './staff-keys.ts';
import type { StaffKey } from './staff-keys.ts';

export interface ReviewNote {
  id: string;
  actor: string;
  text: string;
  written_at: Date;
}

const place = (id: string): string => `review_notes.note:${id}`;

/** Adds a note, one per key. False when there is no such task. */
export async function addReviewNote(
  tx: Tx,
  boxes: Boxes,
  { taskId, actor, text, requestId, key }: { taskId: string; actor: string; text: string; requestId: string; key: StaffKey },
): Promise<boolean> {
  const { rows } = await tx.query<{ application_id: string | null }>('select application_id from review_tasks where id = $1', [taskId]);
  if (!rows[0]) return false;
  if ((await askedBefore(tx, key, requestId)) !== null) return true;
  const id = newId('reviewNote');
  await tx.query('insert into review_notes (id, task_id, actor, note) values ($1, $2, $3, $4)', [
    id,
    taskId,
    actor,
    boxes.seal(place(id), text),
  ]);
  await audit(tx, {
    actor,
    action: 'review.noted',
    applicationId: rows[0].application_id,
    subject: taskId,
    requestId,
    change: { noteId: id },
  });
  return true;
}

/** Most notes that one look shows; our choice. */
const maxNotes = 100;

/** The notes on a task, oldest first; the newest {@link maxNotes} when there are more. */
export async function reviewNotes(db: Queryable, boxes: Boxes, taskId: string): Promise<ReviewNote[]> {
  const { rows } = await db.query<{ id: string; actor: string; note: Buffer; written_at: Date }>(
    `select id, actor, note, written_at from review_notes where task_id = $1 order by written_at desc, id desc limit ${maxNotes}`,
    [taskId],
  );
  return rows
    .toReversed()
    .map(({ id, actor, note, written_at }) => ({ id, actor, text: boxes.open(place(id), note).toString(), written_at }));
}

// What a cancel would undo, as it is known before anybody presses the button.

import { canCancel } from '../domain/states.ts';
import { readApplication } from './applications.ts';
import type { ApplicationRow } from './applications.ts';
import type { AccountRow } from './agreements.ts';
import { verifiedChallenge } from './otp.ts';
import type { Queryable } from './pool.ts';

export interface CancelPreview {
  application: ApplicationRow;
  /** False once it has ended, or its purchase was approved with the right code: from then on it is on its way, handed off or not. */
  isPossible: boolean;
  /** Our numbers at WAY4; null before the offer was accepted. */
  account: AccountRow | null;
  /** Contracts on paper that would be void. */
  papers: { contract_number: string; is_signed: boolean }[];
  /** The question that would be withdrawn. */
  openTaskId: string | null;
  /** Photos that would be deleted once they are no longer needed. */
  photos: number;
}

/** What a cancel of this application would undo now; null for an unknown id. */
export async function previewCancel(db: Queryable, applicationId: string): Promise<CancelPreview | null> {
  const application = await readApplication(db, applicationId);
  if (!application) return null;
  const of = async <Row>(sql: string): Promise<Row[]> => (await db.query<Row & Record<string, unknown>>(sql, [applicationId])).rows;
  const [account] = await of<AccountRow>('select * from accounts where application_id = $1');
  const [task] = await of<{ id: string }>('select id from review_tasks where application_id = $1 and answer is null');
  const [photos] = await of<{ count: number }>(
    `select count(*) as count from documents where application_id = $1 and kind in ('id_front', 'id_back', 'selfie')`,
  );
  return {
    application,
    isPossible: canCancel(application.status) && (await verifiedChallenge(db, applicationId)) === null,
    account: account ?? null,
    papers: await of(
      'select contract_number, signed_at is not null as is_signed from contracts where application_id = $1 and voided_at is null',
    ),
    openTaskId: task?.id ?? null,
    photos: photos?.count ?? 0,
  };
}

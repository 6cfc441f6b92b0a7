// What the api shows of an application: rows for merchants, one picture for the customer. Read only; nothing here changes anything.

import type { ApplicationStatus, Step } from '../domain/states.ts';
import { latestContract } from './agreements.ts';
import type { ContractRow } from './agreements.ts';
import type { ApplicationRow } from './applications.ts';
import { latestOffer } from './offers.ts';
import type { OfferRow } from './offers.ts';
import { latestChallenge } from './otp.ts';
import type { ChallengeRow } from './otp.ts';
import { pageOf } from './page.ts';
import type { Page, Position } from './page.ts';
import type { Database, Queryable, Tx } from './pool.ts';

/** The merchant's own application, or null: an unknown id and another merchant's are the same. */
export async function merchantApplication(db: Queryable, merchantId: string, id: string): Promise<ApplicationRow | null> {
  const { rows } = await db.query<ApplicationRow>('select * from applications where id = $1 and merchant_id = $2', [id, merchantId]);
  return rows[0] ?? null;
}

/** The application of a merchant's order, or null. */
export async function applicationOfOrder(db: Queryable, merchantId: string, merchantReference: string): Promise<ApplicationRow | null> {
  const { rows } = await db.query<ApplicationRow>('select * from applications where merchant_id = $1 and merchant_reference = $2', [
    merchantId,
    merchantReference,
  ]);
  return rows[0] ?? null;
}

export interface ListFilter {
  merchantId?: string | undefined;
  id?: string | undefined;
  merchantReference?: string | undefined;
  status?: ApplicationStatus | undefined;
  updatedAfter?: Date | undefined;
  attention?: boolean | undefined;
  after?: Position | undefined;
  limit: number;
}

export type ListedApplication = ApplicationRow & { merchant_name: string };

/** One page of applications, newest first. */
export async function listApplications(db: Queryable, filter: ListFilter): Promise<Page<ListedApplication>> {
  const { rows } = await db.query<ListedApplication & { place_text: string }>(
    `select a.*, m.name as merchant_name, a.created_at::text as place_text from applications a join merchants m on m.id = a.merchant_id
     where ($1::text is null or a.merchant_id = $1) and ($2::text is null or a.id = $2) and ($3::text is null or a.merchant_reference = $3)
       and ($4::text is null or a.status = $4) and ($5::timestamptz is null or a.updated_at > $5)
       and ($6::boolean is null or (a.attention is not null) = $6)
       and ($7::timestamptz is null or (a.created_at, a.id) < ($7, $8))
     order by a.created_at desc, a.id desc limit $9`,
    [
      filter.merchantId ?? null,
      filter.id ?? null,
      filter.merchantReference ?? null,
      filter.status ?? null,
      filter.updatedAfter ?? null,
      filter.attention ?? null,
      filter.after?.createdAt ?? null,
      filter.after?.id ?? null,
      filter.limit + 1,
    ],
  );
  return pageOf(rows, filter.limit);
}

/** Everything that the customer may see of their application. */
export interface CheckoutView {
  application: ApplicationRow;
  merchantName: string;
  offer: OfferRow | null;
  contract: ContractRow | null;
  challenge: ChallengeRow | null;
  /** Submissions of photos that were judged so far. */
  identityRounds: number;
}

/** The picture for the customer, or null for an unknown id. All of it is of one moment: an application that moves on while it is read
 *  never shows a new step with old reasons. */
export async function checkoutView(db: Pick<Database, 'withTransaction'>, applicationId: string): Promise<CheckoutView | null> {
  return db.withTransaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    const { rows } = await tx.query<ApplicationRow & { merchant_name: string }>(
      'select a.*, m.name as merchant_name from applications a join merchants m on m.id = a.merchant_id where a.id = $1',
      [applicationId],
    );
    const application = rows[0];
    if (!application) return null;
    return {
      application,
      merchantName: application.merchant_name,
      offer: await latestOffer(tx, applicationId),
      contract: await latestContract(tx, applicationId),
      challenge: await latestChallenge(tx, applicationId),
      identityRounds: await judgedRounds(tx, applicationId),
    };
  });
}

async function judgedRounds(db: Queryable, applicationId: string): Promise<number> {
  const { rows } = await db.query<{ rounds: number }>(
    // Who was asked again by staff has all attempts again.
    `select count(distinct round) as rounds from identity_checks where application_id = $1 and verdict <> 'error' and created_at > coalesce(
       (select max(created_at) from application_steps where application_id = $1 and step = 'askAgain'), '-infinity')`,
    [applicationId],
  );
  return rows[0]?.rounds ?? 0;
}

/** The step an application is in, locked until the transaction ends, so that no step is left while its input is stored. */
export async function lockedStep(tx: Tx, applicationId: string): Promise<{ step: Step; status: ApplicationStatus } | null> {
  const { rows } = await tx.query<{ step: Step; status: ApplicationStatus }>(
    'select step, status from applications where id = $1 for update',
    [applicationId],
  );
  return rows[0] ?? null;
}

/** How many documents of this kind an application holds. */
export async function countDocuments(db: Queryable, applicationId: string, kind: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) as count from documents where application_id = $1 and kind = $2', [
    applicationId,
    kind,
  ]);
  return rows[0]?.count ?? 0;
}

/** The applications that wait for this answer of CIC: the one that asked, and those that share its inquiry. None for ids that are not ours. */
export async function applicationsOfInquiry(db: Queryable, inquiry: { inquiryId: string; requestId: string }): Promise<string[]> {
  const { rows } = await db.query<{ application_id: string }>(
    `select r.application_id from credit_reports asked join credit_reports r on r.id = asked.id or r.reused_from = asked.id and r.outcome = 'PENDING'
     where asked.request_id = $1 and (asked.inquiry_id is null or asked.inquiry_id = $2)`,
    [inquiry.requestId, inquiry.inquiryId],
  );
  return rows.map((row) => row.application_id);
}

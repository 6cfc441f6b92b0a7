// Finds applications by what a person has in hand: an id from a log line or a message, the shop's order number, or who the customer is.
// Phone and national id are looked up by their keyed hashes, so neither the query nor its plan holds them.

import type { Boxes } from './boxes.ts';
import type { Queryable } from './pool.ts';
import type { ListedApplication } from './views.ts';

export type Searched =
  /** Of an application, a transaction or a review task. */
  | { by: 'id'; value: string }
  | { by: 'merchant_reference'; value: string }
  /** E.164 */
  | { by: 'phone'; value: string }
  | { by: 'national_id'; value: string };

const matches: Record<Searched['by'], string> = {
  id: `a.id in (select $1 union all select application_id from transactions where id = $1 union all select application_id from review_tasks where id = $1)`,
  merchant_reference: 'a.merchant_reference = $1',
  phone: 'a.customer_id in (select id from customers where phone_index = $1)',
  national_id: 'a.customer_id in (select id from customers where national_id_index = $1)',
};

/** The newest applications that fit, at most `limit`. */
export async function searchApplications(
  db: Queryable,
  boxes: Pick<Boxes, 'index'>,
  { by, value }: Searched,
  limit: number,
): Promise<ListedApplication[]> {
  const key = by === 'phone' || by === 'national_id' ? boxes.index(by, value) : value;
  const { rows } = await db.query<ListedApplication>(
    `select a.*, m.name as merchant_name from applications a join merchants m on m.id = a.merchant_id where ${matches[by]}
     order by a.created_at desc, a.id desc limit $2`,
    [key, limit],
  );
  return rows;
}

// Who else looks like this applicant in our own books: the same person under another phone number, or the same photo under another
// person's number. People are found by keyed hashes, photos by the digest of their clean pixels.

import type { Doubles } from '../domain/identity/checks.ts';
import { invariant } from '../domain/failures.ts';
import type { Queryable } from './pool.ts';

/** Counts among all other applications. A number that somebody only typed counts for nothing: the face must have matched the card. */
export async function doublesOf(db: Queryable, applicationId: string, photosSha256: readonly string[]): Promise<Doubles> {
  const { rows } = await db.query<Record<keyof Doubles, number>>(
    `with me as (
       select a.id, c.national_id_index as person, c.phone_index as phone from applications a join customers c on c.id = a.customer_id where a.id = $1
     )
     select (
       select count(distinct c.phone_index) from me join customers c on c.national_id_index = me.person and c.phone_index <> me.phone
         join applications a on a.customer_id = c.id and a.id <> me.id
       where exists (select from identity_checks where application_id = a.id and kind = 'face_match' and verdict = 'pass')
     ) as "otherPhones", (
       select count(distinct c.national_id_index) from me join documents d on d.sha256 = any($2) and d.application_id <> me.id
         join applications a on a.id = d.application_id join customers c on c.id = a.customer_id and c.national_id_index <> me.person
     ) as "reusedPhotos"`,
    [applicationId, photosSha256],
  );
  const doubles = rows[0];
  invariant(doubles, 'a query without a table has one row');
  return doubles;
}

// What our own books say about a person and a phone before a decision: how often they applied lately, and what they may owe us already.
// People are found by keyed hashes. An application is one row however often its steps are tried, so a retry is never counted twice.

import type { Standing } from '../domain/decision/features.ts';
import { invariant } from '../domain/failures.ts';
import type { Tx } from './pool.ts';

/** Counts for one application, itself left out, as of `now`. Until the transaction ends, no other decision about the same person is
 *  taken: two orders at once cannot both use the room that is left under the cap. */
export async function standingOf(tx: Tx, applicationId: string, now: Date): Promise<Standing> {
  await lockPerson(tx, applicationId);
  const { rows } = await tx.query<Record<keyof Standing, number>>(
    `with me as (
       select a.id, c.national_id_index as person, c.phone_index as phone from applications a join customers c on c.id = a.customer_id where a.id = $1
     ), others as (
       select a.id, a.status, $2::timestamptz - a.created_at as age, coalesce(c.national_id_index = me.person, false) as is_person,
         c.phone_index = me.phone as has_phone, c.national_id_index as person
       from me
       join customers c on c.id in (
         select id from customers where national_id_index = me.person union select id from customers where phone_index = me.phone)
       join applications a on a.customer_id = c.id and a.id <> me.id
     )
     select count(*) filter (where is_person and age < interval '24 hours') as "personApplications24h",
       count(*) filter (where is_person and age < interval '30 days') as "personApplications30d",
       count(*) filter (where has_phone and age < interval '24 hours') as "phoneApplications24h",
       count(distinct others.person) filter (where has_phone and not is_person and age < interval '30 days') as "phonePersons30d",
       coalesce(sum(offer.limit_vnd) filter (where is_person and status not in ('declined', 'canceled', 'expired', 'failed')), 0)::bigint as "exposureVnd"
     from others left join lateral (
       select limit_vnd from offers where application_id = others.id order by created_at desc, id desc limit 1) offer on true`,
    [applicationId, now],
  );
  const standing = rows[0];
  invariant(standing, 'an aggregate has one row');
  return standing;
}

/** Lets what concerns the person behind an application happen one after the other, over all their applications, until the transaction ends. */
export async function lockPerson(tx: Tx, applicationId: string): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended(encode(c.national_id_index, 'hex'), 0))
     from applications a join customers c on c.id = a.customer_id where a.id = $1 and c.national_id_index is not null`,
    [applicationId],
  );
}

// What our own books say about a person, a phone and a device before a decision: how often they applied lately, how often they got an offer,
// and what the person may owe us already. All are found by keyed hashes. An application is one row however often its steps are tried, so a retry is never counted twice.

import type { Standing } from '../domain/decision/features.ts';
import { invariant } from '../domain/failures.ts';
import type { Tx } from './pool.ts';
import { stoppedList } from './status-lists.ts';

/** Counts for one application, itself left out, as of `now`. Until the transaction ends, no other decision about the same person is
 *  taken: two orders at once cannot both use the room that is left under the cap. */
export async function standingOf(tx: Tx, applicationId: string, now: Date): Promise<Standing> {
  await lockPerson(tx, applicationId);
  const { rows } = await tx.query<Standing & Record<string, unknown>>(
    `with me as (
       select a.id, c.national_id_index as person, c.phone_index as phone, c.device_index as device
       from applications a join customers c on c.id = a.customer_id where a.id = $1
     ), others as (
       select a.id, a.status, $2::timestamptz - a.created_at as age, $2::timestamptz - offer.created_at as offer_age, offer.limit_vnd,
         c.national_id_index as person, coalesce(c.national_id_index = me.person, false) as is_person, c.phone_index = me.phone as has_phone,
         coalesce(c.device_index = me.device, false) as has_device
       from me
       join customers c on c.id in (
         select id from customers where national_id_index = me.person union select id from customers where phone_index = me.phone
         union select id from customers where device_index = me.device)
       join applications a on a.customer_id = c.id and a.id <> me.id
       left join lateral (
         select limit_vnd, created_at from offers where application_id = a.id order by created_at desc, id desc limit 1) offer on true
     )
     select ${counted('person', 'is_person')}, ${counted('phone', 'has_phone')}, ${counted('device', 'has_device')},
       count(distinct person) filter (where has_phone and not is_person and age < interval '30 days') as "phonePersons30d",
       count(distinct person) filter (where has_device and not is_person and age < interval '30 days') as "devicePersons30d",
       (select case when device is null then 'unknown' else 'known' end from me) as device,
       coalesce(sum(limit_vnd) filter (where is_person and status not in (${stoppedList})), 0)::bigint as "exposureVnd"
     from others`,
    [applicationId, now],
  );
  const standing = rows[0];
  invariant(standing, 'an aggregate has one row');
  return standing.device === 'known' ? standing : { ...standing, ...nothingKnown };
}

/** Of a device that nobody named nothing is counted, which is not the same as none. */
const nothingKnown = {
  deviceApplications24h: null,
  deviceApplications30d: null,
  deviceApprovals24h: null,
  deviceApprovals30d: null,
  devicePersons30d: null,
};

/** The four counts of one subject: applications and approvals, of a day and of a month. */
function counted(subject: 'person' | 'phone' | 'device', isSame: string): string {
  const count = (what: string, age: string, window: string, interval: string): string =>
    `count(*) filter (where ${isSame} and ${age} < interval '${interval}') as "${subject}${what}${window}"`;
  return [
    count('Applications', 'age', '24h', '24 hours'),
    count('Applications', 'age', '30d', '30 days'),
    count('Approvals', 'offer_age', '24h', '24 hours'),
    count('Approvals', 'offer_age', '30d', '30 days'),
  ].join(', ');
}

/** Lets what concerns the person behind an application happen one after the other, over all their applications, until the transaction ends. */
export async function lockPerson(tx: Tx, applicationId: string): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended(encode(c.national_id_index, 'hex'), 0))
     from applications a join customers c on c.id = a.customer_id where a.id = $1 and c.national_id_index is not null`,
    [applicationId],
  );
}

// What customers state about themselves, encrypted; found again by keyed hashes of phone and national id.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import { isComplete } from '../domain/profile.ts';
import type { Profile, StatedProfile } from '../domain/profile.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

const completeProfile = z.object({
  fullName: z.string(),
  dateOfBirth: z.iso.date(),
  nationalId: z.string().length(12),
  phone: z.string(),
  gender: z.enum(['male', 'female']),
  address: z.string(),
  email: z.string().optional(),
  monthlyIncomeVnd: z.number().int(),
  occupation: z.string().optional(),
});
const storedProfile = z.union([completeProfile, z.object({ phone: z.string() })]);

export interface Customers {
  /** Adds a customer of whom only the phone number is known. Returns its id. */
  add(tx: Tx, known: { phone: string }): Promise<string>;
  /** Keeps what a customer states, and of their device a keyed hash, as a row of its own, which is nobody's until {@link adopt}. Returns its id. Repeat of the command: the first row. */
  state(tx: Tx, statedBy: string, profile: Profile, deviceId?: string): Promise<string>;
  /** The customer of the application, where it is what was stated by that command; null otherwise. */
  adoptedFrom(db: Queryable, applicationId: string, statedBy: string): Promise<string | null>;
  /** Makes a statement the customer of the application, and forgets the row it replaces. Repeat: nothing. */
  adopt(tx: Tx, applicationId: string, customerId: string): Promise<void>;
  /** Forgets a statement that was refused. Does nothing when it is an application's customer. */
  forget(db: Queryable, customerId: string): Promise<void>;
  /** What the customer stated, or null while only the phone number is known, or for an unknown customer. */
  profile(db: Queryable, customerId: string): Promise<Profile | null>;
  /** When the customer last stated anything. Throws for an unknown customer. */
  statedAt(db: Queryable, customerId: string): Promise<Date>;
  /** The phone number, in any state of the profile. Throws for an unknown customer. */
  phone(db: Queryable, customerId: string): Promise<string>;
}

async function forget(db: Queryable, customerId: string): Promise<void> {
  await db.query('delete from customers c where id = $1 and not exists (select from applications where customer_id = c.id)', [customerId]);
}

async function adopt(tx: Tx, applicationId: string, customerId: string): Promise<void> {
  const { rows } = await tx.query<{ replaced: string }>(
    `update applications a set customer_id = $2 from applications old
     where a.id = $1 and old.id = a.id and a.customer_id <> $2 returning old.customer_id as replaced`,
    [applicationId, customerId],
  );
  if (rows[0]) await forget(tx, rows[0].replaced);
}

async function adoptedFrom(db: Queryable, applicationId: string, statedBy: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    'select c.id from applications a join customers c on c.id = a.customer_id where a.id = $1 and c.stated_by = $2',
    [applicationId, statedBy],
  );
  return rows[0]?.id ?? null;
}

/** Stores profiles in boxes of this maker. */
export function createCustomers(boxes: Boxes): Customers {
  const place = (id: string): string => `customers.profile:${id}`;
  const read = async (db: Queryable, id: string): Promise<StatedProfile | null> => {
    const { rows } = await db.query<{ profile: Buffer }>('select profile from customers where id = $1', [id]);
    return rows[0] ? storedProfile.parse(JSON.parse(boxes.open(place(id), rows[0].profile).toString())) : null;
  };
  return {
    async add(tx, known) {
      const id = newId('customer');
      await tx.query('insert into customers (id, phone_index, profile) values ($1, $2, $3)', [
        id,
        boxes.index('phone', known.phone),
        boxes.seal(place(id), JSON.stringify({ phone: known.phone })),
      ]);
      return id;
    },
    async state(tx, statedBy, profile, deviceId) {
      const [id, deviceIndex] = [newId('customer'), deviceId === undefined ? null : boxes.index('device', deviceId)];
      const { rows } = await tx.query<{ id: string }>(
        `with stated as (
           insert into customers (id, phone_index, national_id_index, profile, stated_by, device_index) values ($1, $2, $3, $4, $5, $6)
           on conflict (stated_by) do nothing returning id
         )
         select id from stated union all select id from customers where stated_by = $5`,
        [
          id,
          boxes.index('phone', profile.phone),
          boxes.index('national_id', profile.nationalId),
          boxes.seal(place(id), JSON.stringify(profile)),
          statedBy,
          deviceIndex,
        ],
      );
      invariant(rows[0], 'a statement is there once it was made');
      return rows[0].id;
    },
    adoptedFrom,
    adopt,
    forget,
    async profile(db, id) {
      const profile = await read(db, id);
      return profile && isComplete(profile) ? profile : null;
    },
    async statedAt(db, id) {
      const { rows } = await db.query<{ updated_at: Date }>('select updated_at from customers where id = $1', [id]);
      if (!rows[0]) throw new Error('no such customer');
      return rows[0].updated_at;
    },
    async phone(db, id) {
      const profile = await read(db, id);
      if (!profile) throw new Error('no such customer');
      return profile.phone;
    },
  };
}

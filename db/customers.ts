// What customers state about themselves, encrypted; found again by keyed hashes of phone and national id.

import { z } from 'zod';
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
  /** Replaces what the customer stated. */
  saveProfile(tx: Tx, customerId: string, profile: Profile): Promise<void>;
  /** What the customer stated, or null while only the phone number is known, or for an unknown customer. */
  profile(db: Queryable, customerId: string): Promise<Profile | null>;
  /** When the customer last stated anything. Throws for an unknown customer. */
  statedAt(db: Queryable, customerId: string): Promise<Date>;
  /** The phone number, in any state of the profile. Throws for an unknown customer. */
  phone(db: Queryable, customerId: string): Promise<string>;
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
    async saveProfile(tx, id, profile) {
      await tx.query(`update customers set phone_index = $2, national_id_index = $3, profile = $4, updated_at = now() where id = $1`, [
        id,
        boxes.index('phone', profile.phone),
        boxes.index('national_id', profile.nationalId),
        boxes.seal(place(id), JSON.stringify(profile)),
      ]);
    },
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

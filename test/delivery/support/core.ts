// A card core for tests: it remembers every booking, so that a test can count them, and it can be told to misbehave. Unlike WAY4 it does
// not refuse a second purchase with the same RRN unless it is asked to: a hand-off that relies on the core's mercy shows here.

import { setTimeout as pause } from 'node:timers/promises';
import { VendorFailure } from '../../../domain/failures.ts';
import type { CardCore, CoreBooking, CorePurchase } from '../../../domain/ports.ts';

/** What happens to the next purchases, in order: refused before anything happened, booked but the answer lost, and so on. */
export type Mood =
  | 'unavailable'
  /** What was asked for may still be booked: by the test. */
  | 'busy'
  | 'lost before booking'
  | 'garbage before booking'
  | 'lost after booking'
  | 'garbage after booking'
  | 'refuse';

export interface FakeCore extends Pick<CardCore, 'findPurchase' | 'purchase'> {
  /** Bookings by RRN: more than one is a customer who paid twice. */
  readonly bookings: Map<string, CorePurchase[]>;
  /** Purchases and inquiries received, in order. */
  readonly calls: { kind: 'inquiry' | 'purchase'; rrn: string }[];
  /** Applies to the next purchases, one each. */
  moods: Mood[];
  /** While true, nothing is reached: not even an inquiry. */
  down: boolean;
  /** Applies to every purchase: WAY4 knows the RRN. */
  refusesDuplicates: boolean;
  /** How long each purchase takes, in milliseconds. */
  delayMs: number;
  /** Called when a purchase arrived, before anything happens. */
  onReceived: (rrn: string) => void | Promise<void>;
  /** Called when a purchase is booked, before its answer leaves. */
  onBooked: (rrn: string) => void | Promise<void>;
}

export const overLimitVnd = 51_000_000; // The amount that this core refuses with code 51.

export function createFakeCore(): FakeCore {
  const core: FakeCore = {
    bookings: new Map(),
    calls: [],
    moods: [],
    down: false,
    refusesDuplicates: false,
    delayMs: 0,
    onReceived: () => undefined,
    onBooked: () => undefined,
    findPurchase: async (rrn) => {
      core.calls.push({ kind: 'inquiry', rrn });
      if (core.down) throw new VendorFailure('way4', 'unavailable', 'CONNECTION');
      const [booked] = core.bookings.get(rrn) ?? [];
      return booked ? { ...answerOf(booked), contractNumber: booked.contractNumber, amountVnd: booked.amountVnd } : null;
    },
    purchase: async (purchase) => {
      const { rrn } = purchase;
      core.calls.push({ kind: 'purchase', rrn });
      if (core.down) throw new VendorFailure('way4', 'unavailable', 'CONNECTION');
      const mood = core.moods.shift();
      await core.onReceived(rrn);
      if (core.delayMs > 0) await pause(core.delayMs);
      if (mood === 'unavailable') throw new VendorFailure('way4', 'unavailable', 'HTTP_429');
      if (mood === 'busy') throw new VendorFailure('way4', 'busy', 'HTTP_503');
      if (mood === 'refuse') throw new VendorFailure('way4', 'rejected', 'FORMAT_ERROR');
      if (mood === 'lost before booking') throw new VendorFailure('way4', 'unknown', 'TIMEOUT');
      if (mood === 'garbage before booking') throw new VendorFailure('way4', 'garbage', 'NOT_XML');
      const before = core.bookings.get(rrn) ?? [];
      if (core.refusesDuplicates && before.length > 0) throw new VendorFailure('way4', 'rejected', 'DUPLICATE');
      core.bookings.set(rrn, [...before, purchase]);
      await core.onBooked(rrn);
      if (mood === 'lost after booking') throw new VendorFailure('way4', 'unknown', 'TIMEOUT');
      if (mood === 'garbage after booking') throw new VendorFailure('way4', 'garbage', 'NOT_XML');
      return answerOf(purchase);
    },
  };
  return core;
}

function answerOf({ rrn, amountVnd }: CorePurchase): CoreBooking {
  if (amountVnd === overLimitVnd) return { kind: 'rejected', rrn, code: '51' };
  return { kind: 'posted', rrn, authCode: rrn.slice(-6), availableVnd: 0 };
}

// Whole applications in a campaign: customers who begin them, support who frees what waits for staff, and what is found in the end.

import type { ApplicationStack } from './application-stack.ts';
import { createShoppers } from './shoppers.ts';
import type { ApplicationBook } from './shoppers.ts';
import type { Stage } from './stage.ts';
import { openSupportDesk } from './support-desk.ts';
import { judgeApplications, readRun } from './verdict-applications.ts';
import type { ApplicationsVerdict } from './verdict-applications.ts';

export interface ApplicationCounts extends Omit<ApplicationsVerdict, 'violations'>, Pick<ApplicationBook, 'repeatedCalls' | 'refusals'> {
  /** How often support had to have a step tried again. */
  freed: number;
}

export interface ApplicationStream {
  /** Begins nothing new and resolves when every application has ended, or when `withinMs` is over. */
  stop(withinMs: number): Promise<void>;
  /** What asks for their purchases. */
  intents(): string[];
  judge(): Promise<{ counts: ApplicationCounts; violations: string[] }>;
}

const everyMs = 3_000; // Some twenty a minute: what two cores can carry beside the purchases.

/** Starts the stream. It is judged when everything is quiet. */
export function startApplications(stage: Stage, stack: ApplicationStack, seed: number): ApplicationStream {
  const shoppers = createShoppers({ seed, everyMs });
  const desk = openSupportDesk(stage, stack);
  const books = { ...stack, database: stage.database, readRun: async (id: string) => readRun(stack.temporal, id) };
  shoppers.start(stage, stack);
  return {
    stop: async (withinMs) => shoppers.stop(withinMs).finally(desk.close),
    intents: () => [...shoppers.book.begun.values()].flatMap(({ ids }) => [...ids].map((id) => `${id}:purchase`)),
    judge: async () => {
      const { repeatedCalls, refusals } = shoppers.book;
      const { violations, ...counts } = await judgeApplications(books, shoppers.book);
      return { counts: { ...counts, repeatedCalls, refusals, freed: desk.freed() }, violations };
    },
  };
}

// Runs the demo, which is written as a customer of the API and knows nothing of this folder, and holds its result to the promised shape.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const demoResult = z.looseObject({
  applicationId: z.string(),
  status: z.string(),
  decision: z.looseObject({ kind: z.string(), limitVnd: z.number().nullable(), rulesetVersion: z.string() }),
  way4: z.looseObject({ clientNumber: z.string().nullable(), contractNumber: z.string().nullable() }),
  contractPdf: z.string().nullable(),
  transaction: z.looseObject({ id: z.string().nullable(), rrn: z.string().nullable(), outcome: z.string().nullable() }),
  historyEvents: z.number(),
  timingsMs: z.record(z.string(), z.number()),
});

/** What `npm start -- --json` prints as its one line. */
export type DemoResult = z.output<typeof demoResult>;

export interface DemoOptions {
  apiUrl: string;
  sandboxUrl: string;
  merchantKey: string;
  temporalAddress: string;
  databaseUrl: string;
  /** A folder of this clone for what the demo wants to leave behind: the sealed contract. */
  outputFolder: string;
  log: (line: string) => void;
}

/** Takes one application from the merchant's call to the booked purchase. Throws when it gets stuck, or answers in another shape. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const file = join(import.meta.dirname, 'demo.ts');
  if (!existsSync(file)) throw new Error('infra/local/demo.ts is missing; there is no demo to run.');
  const demo: unknown = (await import(file)).runDemo;
  if (typeof demo !== 'function') throw new Error('infra/local/demo.ts exports no runDemo.');
  return parseDemoResult(await demo(options));
}

/** Checks the shape. Throws with the fields that are missing or wrong. */
export function parseDemoResult(value: unknown): DemoResult {
  const parsed = demoResult.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`The demo's result is not of the promised shape: ${z.prettifyError(parsed.error)}`);
}

/** The purchase is booked: the only success that exit code 0 may stand for. */
export function isBooked(result: DemoResult): boolean {
  return result.transaction.outcome === 'posted';
}

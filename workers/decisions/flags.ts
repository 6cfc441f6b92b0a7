// The words of `npm run decisions`: its commands, its flags, and what each must look like. A word that is not understood is a mistake of
// the caller, and nothing was done.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decisionLimits } from '../../config/limits.ts';

export const usage = `Rulesets and recorded decisions.

  lint FILE                          every problem of a ruleset, each with its rule
  backtest --ruleset FILE            what it would have decided on the facts of past decisions
           [--since TIME] [--limit N]
  publish FILE --by NAME --why TEXT  proposes a ruleset; by another NAME, approves the proposal of the same file
           [--from TIME]             not before then
  rollback --by NAME --why TEXT      puts the ruleset before back into force, at once
  shadow FILE --days N               runs a ruleset beside the one in force, deciding nothing (at most ${decisionLimits.challengerMaxDays} days)
           --by NAME --why TEXT
  shadow --stop --by NAME --why TEXT
  shadow [--since TIME]              how challengers did
  list                               all rulesets and where they stand
  replay ID | --all                  repeats decisions and compares byte for byte; checks the chain of records
  explain ID [--lang vi|en]          the letter to the customer

  ID is a decision's (dec_…) or an application's (app_…). TIME is RFC 3339, or a day. --json prints one JSON value.
  Exit code 0: done. 1: problems were found, or it was refused. 2: the command was not understood.
`;

const options = {
  ruleset: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string' },
  by: { type: 'string' },
  why: { type: 'string' },
  from: { type: 'string' },
  days: { type: 'string' },
  stop: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  lang: { type: 'string', default: 'vi' },
  json: { type: 'boolean', default: false },
} as const;

export type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** A command that cannot be carried out as it was given. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Splits the arguments into command, its one argument and flags. Throws a UsageError for flags that nobody knows. */
export function readArguments(args: string[]): { command: string; argument: string | undefined; flags: Flags } {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [command = '', argument, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}" is too much`);
    return { command, argument, flags: values };
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message); // as parseArgs reports what it does not know
    throw error;
  }
}

/** The argument of a command that needs one. */
export function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is needed`);
  return value;
}

/** Who asks for a change and why; both are written to the audit log. */
export function signed({ by, why }: Flags): { actor: string; reason: string } {
  return { actor: `staff:${needed(by, '--by NAME')}`, reason: needed(why, '--why TEXT') };
}

/** A whole number above zero. */
export function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${flag} must be a whole number above 0`);
  return value;
}

/** A time of a flag; a day is its start in Vietnam. */
export function readTime(text: string, flag: string): Date {
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00+07:00` : text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`${flag} must be a time such as 2030-01-31T09:00:00+07:00, or a day`);
  return time;
}

/** A file that is JSON. Throws with the file's name for anything else. */
export function readDocument(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : 'failed'}`, { cause: error });
  }
}

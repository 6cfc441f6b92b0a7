// The commands of `npm run decisions`, by name. Opens the database only for those that need it.

import type { Boxes } from '../../db/boxes.ts';
import type { Database } from '../../db/pool.ts';
import type { Answer } from './answer.ts';
import { readArguments, UsageError } from './flags.ts';
import type { Flags } from './flags.ts';
import { backtest, explain, replay } from './records.ts';
import { lint, list, publish, rollback, shadow } from './rulesets.ts';

export interface Books {
  database: Database;
  boxes: Boxes;
}

type Command = (books: Books, argument: string | undefined, flags: Flags) => Promise<Answer>;

const commands: Record<string, Command> = {
  backtest: async ({ database, boxes }, _argument, flags) => backtest(database, boxes, flags),
  publish: async ({ database }, argument, flags) => publish(database, argument, flags),
  rollback: async ({ database }, _argument, flags) => rollback(database, flags),
  shadow: async ({ database }, argument, flags) => shadow(database, argument, flags),
  list: async ({ database }) => list(database),
  replay: async ({ database, boxes }, argument, flags) => replay(database, boxes, argument, flags),
  explain: async ({ database, boxes }, argument, flags) => explain(database, boxes, argument, flags),
};

/** Carries out one command line. Throws a UsageError for one that is not understood, before anything was opened or done. */
export async function answerTo(args: string[], withBooks: (work: (books: Books) => Promise<Answer>) => Promise<Answer>) {
  const { command, argument, flags } = readArguments(args);
  const answer = async (): Promise<Answer> => {
    if (command === 'lint') return lint(argument);
    const found = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (!found) throw new UsageError(command === '' ? 'which command?' : `there is no command ${command}`);
    return withBooks(async (books) => found(books, argument, flags));
  };
  return { ...(await answer()), json: flags.json };
}

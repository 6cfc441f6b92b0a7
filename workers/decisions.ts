// The tool of risk analysts and auditors: `npm run decisions -- list`. docs/decisioning.md walks through it.

import { readEnv } from '../config/env.ts';
import { createBoxes } from '../db/boxes.ts';
import { openDatabase } from '../db/pool.ts';
import { InvalidRuleset } from '../domain/decision/ruleset.ts';
import type { Answer } from './decisions/answer.ts';
import { answerTo } from './decisions/commands.ts';
import type { Books } from './decisions/commands.ts';
import { usage, UsageError } from './decisions/flags.ts';
import { messageOf } from './report-command.ts';

async function withBooks(work: (books: Books) => Promise<Answer>): Promise<Answer> {
  const env = readEnv('decisions');
  const database = openDatabase({ url: env.DATABASE_URL, applicationName: 'decisions', poolSize: 2 });
  try {
    return await work({ database, boxes: createBoxes({ dataKey: env.DATA_KEY, indexKey: env.INDEX_KEY }) });
  } finally {
    await database.close();
  }
}

async function main(args: string[]): Promise<number> {
  try {
    const { value, text, code, json } = await answerTo(args, withBooks);
    process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
    return code;
  } catch (error) {
    const isMistake = error instanceof UsageError;
    const message = error instanceof InvalidRuleset ? error.problems.join('\n') : messageOf(error);
    process.stderr.write(`${message}\n${isMistake ? `\n${usage}` : ''}`);
    return isMistake ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));

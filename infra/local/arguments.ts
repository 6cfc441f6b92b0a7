// The command line of `npm start`.

export type Command =
  | { kind: 'run'; once: boolean; json: boolean }
  | { kind: 'doctor' }
  | { kind: 'help' }
  | { kind: 'wrong'; reason: string };

export const USAGE = `usage: npm start                       start everything, run the demo, stay up until Ctrl-C
       npm start -- --once             stop after the demo; exit code 0 only if the purchase was booked
       npm start -- --once --json      the same, and stdout carries one line of JSON and nothing else
       npm start -- doctor             say what is there, what is missing and what would be done about it`;

/** What the arguments ask for. Never throws: what is not understood is of kind `wrong`. */
export function parseCommand(args: string[]): Command {
  const unknown = args.find((argument) => !['--once', '--json', '--help', '-h', 'doctor'].includes(argument));
  if (unknown !== undefined) return { kind: 'wrong', reason: `unknown argument ${unknown}` };
  if (args.includes('--help') || args.includes('-h')) return { kind: 'help' };
  if (!args.includes('doctor')) return { kind: 'run', once: args.includes('--once'), json: args.includes('--json') };
  return args.length === 1 ? { kind: 'doctor' } : { kind: 'wrong', reason: 'doctor takes no other argument' };
}

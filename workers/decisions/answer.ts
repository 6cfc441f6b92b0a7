// What a command has to say: one value for programs, one text for people, and the exit code. Progress goes to stderr, so that neither
// form is spoilt by it.

export interface Answer {
  value: unknown;
  text: string;
  code: 0 | 1;
}

/** Counts aloud what takes longer than a page of records. */
export function progress(verb: string): { at: (done: number) => void; end: () => void } {
  const isTerminal = process.stderr.isTTY;
  return {
    at: (done) => void process.stderr.write(isTerminal ? `\r${done} ${verb}` : `${done} ${verb}\n`),
    end: () => void (isTerminal && process.stderr.write('\n')),
  };
}

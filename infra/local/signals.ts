// When to stop: Ctrl-C, SIGTERM, a closed terminal, or npm being gone, which would otherwise leave us running with nobody to stop us.
// The first request stops in order; the second one by force.

export interface StopWatch {
  /** Resolves at the first request. */
  requested: Promise<void>;
  isRequested(): boolean;
  /** Forgets the signals again. */
  done(): void;
}

export interface StopHandlers {
  /** The first request, said in a word: "SIGINT". */
  onFirst(why: string): void;
  /** A further request: whoever asks does not want to wait. */
  onAgain(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_CHECK_EVERY_MS = 1_000;
// Ctrl-C reaches us from the terminal and a second time through npm, which passes signals on; two so near to each other are one.
const SAME_REQUEST_MS = 700;

/** Listens from now on. `underNpm` says that our parent is npm (or its shell), whose end is a request to stop. */
export function watchForStop({ onFirst, onAgain }: StopHandlers, underNpm: boolean): StopWatch {
  let requestedAt: number | undefined;
  let resolveRequested: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => (resolveRequested = resolve));
  const request = (why: string) => {
    if (requestedAt === undefined) {
      requestedAt = performance.now();
      onFirst(why);
      resolveRequested();
    } else if (performance.now() - requestedAt > SAME_REQUEST_MS) onAgain();
  };
  for (const signal of SIGNALS) process.on(signal, request);
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (requestedAt === undefined && process.ppid !== parent) request('npm is gone');
  }, PARENT_CHECK_EVERY_MS);
  if (!underNpm) clearInterval(timer);
  timer.unref();
  const done = () => {
    clearInterval(timer);
    for (const signal of SIGNALS) process.off(signal, request);
  };
  return { requested, isRequested: () => requestedAt !== undefined, done };
}

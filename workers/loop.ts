// Work that is looked for again and again: the outbox, the sweep, the outcomes to be told. Full speed while there is more, a jittered
// pause when there is none or when it failed, and an end that waits for the round under way.

export interface LoopOptions {
  /** One round; true when there is probably more to do at once. */
  round: () => Promise<boolean>;
  /** Pause after a round that found nothing more. */
  idleMs: number;
  /** Pause after a round that failed. */
  faultMs: number;
  onFault: (error: unknown) => void;
}

export interface Loop {
  /** Cuts a pause short. */
  wake(): void;
  /** Ends after the round under way. Repeat: the same promise. */
  stop(): Promise<void>;
}

export function startLoop(options: LoopOptions): Loop {
  const stopping = new AbortController();
  let woken = false;
  let endPause: (() => void) | undefined;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false;
      const pauseMs = await options.round().then(
        (more) => (more ? 0 : options.idleMs),
        (error: unknown) => {
          options.onFault(error);
          return options.faultMs;
        },
      );
      if (pauseMs > 0) await pause(pauseMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    if (stopping.signal.aborted || woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2)); // jitter: several processes do not ask in step
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endPause = undefined;
  }

  function wake(): void {
    woken = true;
    endPause?.();
  }

  const running = run();
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
}

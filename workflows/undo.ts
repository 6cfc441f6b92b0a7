// What was done and may have to be undone, last first. An undo is registered before its step: a step whose answer is lost may have
// happened, and undoing what never happened counts as done.

import { CancellationScope } from '@temporalio/workflow';

export interface Undo {
  /** Registers an undo, before the step that it undoes. */
  add(undo: () => Promise<unknown>): void;
  /** True while nothing was done that would have to be undone. */
  isEmpty(): boolean;
  /** Runs all undos, last first. A cancel cannot stop it, and one that fails waits for staff. */
  run(): Promise<void>;
}

export function createUndo(): Undo {
  const stack: (() => Promise<unknown>)[] = [];
  return {
    add: (undo) => void stack.push(undo),
    isEmpty: () => stack.length === 0,
    run: async () =>
      CancellationScope.nonCancellable(async () => {
        for (let undo = stack.pop(); undo; undo = stack.pop()) await undo();
      }),
  };
}

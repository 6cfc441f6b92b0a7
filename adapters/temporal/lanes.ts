// How many commands to one application are under way at once. Temporal takes ten and then lets everybody wait; a flood of one customer's
// would keep staff out. So customer and staff have a lane each, and who finds theirs full is told at once. A command that is under way with
// the same id is the same command: whoever repeats it waits for the same answer and takes no place.

import { CommandBusy } from './command-errors.ts';

export type Lane = 'customer' | 'staff';

export interface Lanes {
  /** Sends, or joins what is under way under this id. Throws CommandBusy when the lane of this application is full. */
  run<T>(lane: Lane, applicationId: string, commandId: string, send: () => Promise<T>): Promise<T>;
}

/** Lanes that hold this many commands each. */
export function createLanes(atOnce: number): Lanes {
  const underWay = new Map<string, Map<string, Promise<unknown>>>();
  return {
    async run<T>(lane: Lane, applicationId: string, commandId: string, send: () => Promise<T>): Promise<T> {
      const name = `${lane}:${applicationId}`;
      const commands = underWay.get(name) ?? new Map<string, Promise<unknown>>();
      const same = commands.get(commandId);
      if (same) return same as Promise<T>; // one id stands for one command, and so for one kind of answer
      if (commands.size >= atOnce) throw new CommandBusy('too many commands are under way');
      const sent = send().finally(() => {
        commands.delete(commandId);
        if (commands.size === 0) underWay.delete(name);
      });
      commands.set(commandId, sent);
      underWay.set(name, commands);
      return sent;
    },
  };
}

// What a purchase costs the processors, by who spends it: user and system time from the kernel's own books. Unlike a rate it hardly depends
// on what else runs on the machine. Linux only; elsewhere there is nothing to read and nothing is said.

import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of processor time that each of these processes and all their children have used so far. */
export type ProcessorTimes = Record<string, number>;

const msPerTick = 10; // USER_HZ is 100 on every Linux.

/** Reads the clocks of the processes that each name stands for. */
export function processorTimes(who: Record<string, readonly number[]>): ProcessorTimes {
  const all = readProcesses();
  return Object.fromEntries(Object.entries(who).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + usedBy(pid, all), 0)]));
}

/** What each used between two readings, per purchase. */
export function perPurchase(before: ProcessorTimes, after: ProcessorTimes, purchases: number): ProcessorTimes {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / purchases]));
}

interface Process {
  parent: number;
  /** Its own time and that of children that ended. */
  ms: number;
}

function usedBy(pid: number, all: ReadonlyMap<number, Process>): number {
  const children = [...all].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  return (all.get(pid)?.ms ?? 0) + children.reduce((sum, child) => sum + usedBy(child, all), 0);
}

function readProcesses(): Map<number, Process> {
  const all = new Map<number, Process>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name stands in brackets and may hold anything; what follows it is numbers.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
      all.set(Number(pid), { parent: Number(fields[1]), ms: ((utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0)) * msPerTick });
    } catch {
      // It went meanwhile.
    }
  }
  return all;
}

// A written list of what a run has started, kept beside its data. When a run is killed, its servers live on; the next run reads the list, makes
// sure that each entry is still that very process, ends it properly, and starts with a clean table. It never ends anything else.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { endProcess, identify, isRunning, worksFor, type ProcessIdentity } from './process-identity.ts';

export interface LedgerEntry extends ProcessIdentity {
  name: string;
  /** The folder that the process works for; it must still do so to count as ours. */
  folder: string;
  stopSignal: NodeJS.Signals;
  graceMs: number;
}

interface LedgerFile {
  owner: ProcessIdentity;
  processes: LedgerEntry[];
}

export interface Ledger {
  add(entry: LedgerEntry): void;
  remove(pid: number): void;
  /** Forgets the run: nothing of it is left. */
  close(): void;
}

/** What an earlier run wrote down, or undefined. A file that cannot be read counts as none. */
export function readLedger(file: string): LedgerFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LedgerFile; // written by openLedger below
  } catch {
    return undefined;
  }
}

/** The run that has this ledger open now, if it lives. */
export function ledgerOwner(file: string): ProcessIdentity | undefined {
  const owner = readLedger(file)?.owner;
  return owner !== undefined && isRunning(owner) ? owner : undefined;
}

/** Starts a list for this process. Throws when another process that lives has it open. */
export function openLedger(file: string): Ledger {
  const owner = identify(process.pid);
  if (owner === undefined) throw new Error('This process cannot find itself in the process table.');
  const other = ledgerOwner(file);
  if (other !== undefined) throw new Error(`Already running here, as process ${other.pid}.`);
  let processes: LedgerEntry[] = [];
  const write = () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, `${JSON.stringify({ owner, processes } satisfies LedgerFile, null, 2)}\n`);
    renameSync(`${file}.part`, file);
  };
  write();
  return {
    add(entry) {
      processes.push(entry);
      write();
    },
    remove(pid) {
      processes = processes.filter((entry) => entry.pid !== pid);
      write();
    },
    close: () => rmSync(file, { force: true }),
  };
}

/** Those entries whose process is still the one written down: same id, same start time, same folder. */
export function findOrphans(entries: LedgerEntry[]): LedgerEntry[] {
  return entries.filter((entry) => isRunning(entry) && worksFor(entry.pid, entry.folder));
}

/** Ends what an earlier, killed run left behind, all at once, each by its own stop signal. Returns their names. Leaves a run that lives alone. */
export async function endOrphans(file: string): Promise<string[]> {
  if (ledgerOwner(file) !== undefined) return [];
  const orphans = findOrphans(readLedger(file)?.processes ?? []);
  await Promise.all(orphans.map((orphan) => endProcess(orphan, orphan.stopSignal, orphan.graceMs)));
  return orphans.map((orphan) => orphan.name);
}

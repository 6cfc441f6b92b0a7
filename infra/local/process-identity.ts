// Which process is which. A process id alone proves nothing: ids are used again. A process is ours only when its id, its start time and the
// folder it works for are all the ones that were written down when it was started.

import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Start time in the kernel's own words plus the boot it belongs to; equal for the same process only. */
  startedAt: string;
}

const isLinux = process.platform === 'linux';

/** Who has this process id now; undefined when nobody has, or only a zombie that waits to be collected. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = isLinux ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** Whether a process works for a folder: it is in its command line, its working folder or its environment. */
export function worksFor(pid: number, folder: string): boolean {
  if (!isLinux) return (spawnSync('ps', ['-E', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '').includes(folder);
  const sources = [
    () => readlinkSync(`/proc/${pid}/cwd`),
    () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    () => readFileSync(`/proc/${pid}/environ`, 'utf8'),
  ];
  return sources.some((source) => attempt(source)?.includes(folder) === true);
}

function startFromProc(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command's name, in parentheses, may itself contain spaces and parentheses; the fields after the last one are plain.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields?.[0], fields?.[19]];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return `${startTicks}@${bootId().slice(0, 8)}`;
}

function startFromPs(pid: number): string | undefined {
  const [state, ...started] = (spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '')
    .trim()
    .split(/\s+/);
  return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ');
}

function bootId(): string {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')) ?? '';
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const POLL_MS = 20;

/** Ends a process: the signal first, SIGKILL to its whole process group after the grace. Returns whether it went by itself. Never touches another process. */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  if (!isRunning(identity)) return true;
  attempt(() => process.kill(identity.pid, signal));
  for (const deadline = Date.now() + graceMs; Date.now() < deadline;) {
    if (!isRunning(identity)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (isRunning(identity)) {
    attempt(() => process.kill(identity.pid, 'SIGKILL'));
    // Its children, when it leads a process group; every process that launch.ts starts does.
    attempt(() => process.kill(-identity.pid, 'SIGKILL'));
  }
  return false;
}

// A stack is one set of servers with its own data, logs, secrets and ports: the one of `npm start`, or the one of a single test run. Several
// stacks live beside each other on one machine, also several of one clone.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { plainEnvironment, type Environment } from './environment.ts';
import type { Launched, LaunchSite } from './launch.ts';
import { endOrphans, ledgerOwner, openLedger } from './ledger.ts';
import { cloneHash, localFolder, standInFolder } from './paths.ts';
import type { Progress } from './progress.ts';
import { ensureSecrets, SECRET_KINDS, type Secrets } from './secrets.ts';

export interface Stack extends LaunchSite {
  /** Unique on the machine: part of Erlang node names and container names. */
  id: string;
  folder: string;
  secrets: Secrets;
  /** What every server and child gets from the machine's environment. */
  plainEnv: Environment;
  /** Whether data must survive a crash of the machine; tests save that time. */
  durable: boolean;
  progress: Progress;
}

const LEDGER = 'run.json';

/** The stack of `npm start`. Leftovers of a killed run are ended first. Throws when it already runs in this clone. */
export async function openStartStack(env: Environment, progress: Progress): Promise<Stack> {
  const ledgerFile = join(localFolder, LEDGER);
  const ended = await endOrphans(ledgerFile);
  if (ended.length > 0) progress.line(`ended what a killed earlier run left behind: ${ended.join(', ')}`);
  return buildStack(env, progress, { id: `trasau-${cloneHash}`, folder: localFolder, durable: true });
}

/** A stack for one test run, in a folder of its own. What finished or killed test runs left is removed. */
export async function openTestStack(env: Environment, progress: Progress, durable = false): Promise<Stack> {
  const base = join(localFolder, 'test');
  for (const name of existsSync(base) ? readdirSync(base) : []) await sweepTestStack(join(base, name));
  const name = String(process.pid);
  return buildStack(env, progress, { id: `trasau-${cloneHash}-${name}`, folder: join(base, name), durable });
}

/** Removes a test stack's folder once its run is over. */
export function removeStack(stack: Stack): void {
  removeFolder(stack.folder);
}

async function sweepTestStack(folder: string): Promise<void> {
  const ledgerFile = join(folder, LEDGER);
  if (ledgerOwner(ledgerFile) !== undefined) return;
  await endOrphans(ledgerFile);
  removeFolder(folder);
}

function removeFolder(folder: string): void {
  for (const path of [folder, standInFolder(folder)]) rmSync(path, { recursive: true, force: true });
}

function buildStack(env: Environment, progress: Progress, own: { id: string; folder: string; durable: boolean }): Stack {
  mkdirSync(own.folder, { recursive: true });
  const ledger = openLedger(join(own.folder, LEDGER));
  const secrets = ensureSecrets(own.folder, SECRET_KINDS);
  const site = { logs: join(own.folder, 'logs'), ledger, running: new Set<Launched>(), closing: false };
  return { ...own, ...site, secrets, plainEnv: plainEnvironment(env), progress };
}

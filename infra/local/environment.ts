// The only place of infra/local that reads the process's environment. The supervisor hands every child its configuration as environment
// variables, so it has to know what the developer set, and must not pass the rest of its own settings on by accident.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type Environment = Record<string, string>;

/** What the developer's shell set, as a copy: changing it changes nothing else. */
export function readEnvironment(): Environment {
  const known: Environment = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) known[name] = value;
  return known;
}

/** Adds the variables of `<folder>/.env` to the environment, if that file is there. A variable that is already set keeps its value. */
export function loadDotEnv(folder: string): void {
  const file = join(folder, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/** The environment without what npm adds for its scripts, for Trasau's own processes. */
export function withoutNpm(from: Environment): Environment {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_TEST_CONTEXT$)/.test(name)));
}

/** Whether npm started this process as one of its scripts. */
export function isUnderNpm(from: Environment): boolean {
  return from['npm_lifecycle_event'] !== undefined;
}

/** The environment of a server or a child: what any program needs from the machine, and nothing of npm's or of Trasau's own settings. */
export function plainEnvironment(from: Environment): Environment {
  const kept =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|TERM|CI|XDG_.*|SSL_CERT_.*|NODE_EXTRA_CA_CERTS|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)$/;
  return Object.fromEntries(Object.entries(from).filter(([name]) => kept.test(name)));
}

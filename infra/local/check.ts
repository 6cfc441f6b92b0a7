// `npm run check`: types, lint, format, unused code, the laws of the repository and all tests that need no server. Under a minute.

import { readEnvironment } from './environment.ts';
import { findTestFiles, runStaticChecks, runTestFiles, summarize } from './run-tests.ts';

const WITHOUT_SERVERS = ['{domain,config}/**/*.test.ts', 'test/*.test.ts', 'test/{domain,config,infra}/**/*.test.ts'];

const startedAtMs = performance.now();
const env = readEnvironment();
const { text, code } = summarize([await runStaticChecks(env), await runTestFiles(findTestFiles(WITHOUT_SERVERS), env)], startedAtMs);
process.stdout.write(text);
process.exitCode = code;

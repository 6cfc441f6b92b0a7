// The workflows as Temporal's isolate wants them: one bundle. Making it takes seconds and a hundred megabytes, so it is made once, by
// `node workers/workflow-bundle.ts FILE`, and every worker reads the file that WORKFLOW_BUNDLE names.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { failureConverterPath } from '../adapters/temporal/data-converter.ts';

const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
// Loaded once for all runs, before their globals are frozen.
const preloadModules = [fileURLToPath(new URL('../workflows/stack-depth.ts', import.meta.url))];

/** What a worker is given: the file when one is named, otherwise a bundle made on the spot. Throws when the workflows do not bundle. */
export async function workflowBundle(codePath: string | undefined): Promise<WorkflowBundleOption> {
  return codePath === undefined ? makeBundle() : { codePath };
}

async function makeBundle() {
  return bundleWorkflowCode({ workflowsPath, preloadModules, failureConverterPath, logger: new DefaultLogger('ERROR') });
}

if (import.meta.main) {
  const file = process.argv[2];
  if (file === undefined) {
    process.stderr.write('usage: node workers/workflow-bundle.ts FILE\n');
    process.exit(2);
  }
  const { code } = await makeBundle();
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, code);
}

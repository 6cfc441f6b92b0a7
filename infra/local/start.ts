// `npm start`: brings up the servers, the schema and Trasau's own processes, runs one complete application through the real API, and keeps
// everything running until Ctrl-C. Nothing that it started outlives it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand, USAGE } from './arguments.ts';
import { ensureDevelopmentCertificate } from './certificate.ts';
import { ensureDemoMerchantKey } from './demo-merchant.ts';
import { isBooked, runDemo, type DemoResult } from './demo-run.ts';
import { diagnose } from './doctor.ts';
import { isUnderNpm, loadDotEnv, readEnvironment, withoutNpm } from './environment.ts';
import { oneLine } from './find/routes.ts';
import { keepRunning, pauseFor, type Keeper } from './keep.ts';
import { stopAll, type Launched } from './launch.ts';
import { repository } from './paths.ts';
import { startPayloadDesk } from './payload-desk.ts';
import { bundleWorkflows, planProcesses, processEnvironment, startProcess, type ProcessPlan } from './processes.ts';
import { releasePorts } from './port-claims.ts';
import { movePorts } from './ports.ts';
import { createProgress } from './progress.ts';
import { mustRun } from './run-command.ts';
import { startServers, type Servers } from './servers.ts';
import { watchForStop } from './signals.ts';
import { openStartStack, type Stack } from './stack.ts';
import { addressLines, demoLines } from './summary.ts';

const STEP_TIMEOUT_MS = 120_000;
const progress = createProgress();

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const command = parseCommand(args);
  loadDotEnv(repository);
  switch (command.kind) {
    case 'wrong':
      process.stderr.write(`${command.reason}\n${USAGE}\n`);
      return 2;
    case 'help':
      process.stdout.write(`${USAGE}\n`);
      return 0;
    case 'doctor': {
      const { lines, healthy } = await diagnose(readEnvironment());
      process.stdout.write(`${lines.join('\n')}\n`);
      return healthy ? 0 : 1;
    }
    case 'run':
      return supervise(command);
  }
}

/** Runs the whole system. Returns the exit code: 0 after an orderly stop (and, with --once, a booked purchase), 1 otherwise. */
async function supervise({ once, json }: { once: boolean; json: boolean }): Promise<number> {
  const startedAtMs = performance.now();
  const stack = await openStartStack(readEnvironment(), progress).catch(explain);
  if (stack === undefined) return 1;
  const keepers: Keeper[] = [];
  const stop = watchForStop(
    {
      onFirst(why) {
        stack.closing = true;
        progress.line(`stopping (${why}); once more to force it`);
      },
      onAgain: () => void stopInOrder(stack, keepers, true),
    },
    isUnderNpm(readEnvironment()),
  );
  const stopped = stop.requested.then(() => undefined);
  const up = await Promise.race([
    bringUp(stack, keepers, startedAtMs).catch((error: unknown) => failed(error, stop.isRequested())),
    stopped,
  ]);
  if (up !== undefined) print(up, json);
  const booked = up?.result !== undefined && isBooked(up.result);
  if (up?.servers !== undefined && !once) {
    progress.line(`Everything runs. Logs are in ${stack.logs}. Ctrl-C stops it.`);
    await stopped;
  }
  await stopInOrder(stack, keepers, false);
  stack.ledger.close();
  releasePorts();
  stop.done();
  progress.line('stopped; nothing is left running');
  return booked || (up?.servers !== undefined && !once) ? 0 : 1;
}

/** As far as the start came. */
interface Up {
  servers: Servers | undefined;
  result: DemoResult | undefined;
  /** Why there is no result. */
  error: string | undefined;
}

function failed(error: unknown, stopRequested: boolean): Up {
  // After a request to stop, whatever was being started fails, and that is nobody's concern.
  if (!stopRequested) explain(error);
  return { servers: undefined, result: undefined, error: oneLine(error) };
}

/** The result for whoever asked: one line of JSON, or a summary for a person. */
function print({ servers, result, error }: Up, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(result ?? { status: 'failed', error })}\n`);
  else if (servers !== undefined) {
    const lines = ['', ...(result === undefined ? [] : [...demoLines(result), '']), ...addressLines(servers, result), ''];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

/** Servers, schema, processes, demo. The demo's failure is explained but leaves the system up for a look at it. */
async function bringUp(stack: Stack, keepers: Keeper[], startedAtMs: number): Promise<Up> {
  const developer = readEnvironment();
  const [servers] = await Promise.all([startServers(stack, developer), progress.during('workflow bundle', () => bundleWorkflows(stack))]);
  for (const { name, processes, restart } of servers.running) keepers.push(keep(name, processes, restart));
  // The servers may have taken a while, and somebody else these ports.
  await movePorts(servers.ports, ['api', 'sandbox']);
  const certificate = await ensureDevelopmentCertificate(join(stack.folder, 'esign'), stack.secrets.ESIGN_P12_PASSWORD);
  const env = processEnvironment(withoutNpm(developer), stack, servers, certificate);
  await progress.during('database schema', () =>
    mustRun(process.execPath, [join(repository, 'db/migrate.ts')], { cwd: repository, env, timeoutMs: STEP_TIMEOUT_MS }),
  );
  const closeDesk = await startPayloadDesk(servers.ports);
  keepers.push({ name: 'payload desk', stop: async () => closeDesk() });
  const plans = await planProcesses(env, servers.ports);
  await Promise.all(plans.map((plan) => bringUpProcess(stack, plan, keepers)));
  progress.line(`ready after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  try {
    return { servers, result: await demo(stack, servers), error: undefined };
  } catch (error) {
    explain(error);
    return { servers, result: undefined, error: oneLine(error) };
  }
}

async function bringUpProcess(stack: Stack, plan: ProcessPlan, keepers: Keeper[]): Promise<void> {
  const start = () => startProcess(stack, plan, (line) => progress.line(line));
  keepers.push(keep(plan.name, await progress.during(plan.name, start), start));
}

async function demo(stack: Stack, servers: Servers): Promise<DemoResult> {
  const outputFolder = join(stack.folder, 'demo');
  mkdirSync(outputFolder, { recursive: true });
  return runDemo({
    apiUrl: `http://127.0.0.1:${servers.ports.api}`,
    sandboxUrl: `http://127.0.0.1:${servers.ports.sandbox}`,
    merchantKey: await ensureDemoMerchantKey(stack, servers.databaseUrl),
    temporalAddress: servers.temporalAddress,
    databaseUrl: servers.databaseUrl,
    outputFolder,
    log: (line) => progress.line(line),
  });
}

function keep(name: string, processes: Launched[], restart: () => Promise<Launched[]>): Keeper {
  return keepRunning({ name, processes, restart, report: (line) => progress.line(`! ${line}`), pause: pauseFor });
}

/** Those who use the servers go first, the vendors after their clients, the servers last. */
async function stopInOrder(stack: Stack, keepers: Keeper[], force: boolean): Promise<void> {
  stack.closing = true;
  const servers = new Set(['PostgreSQL', 'RabbitMQ', 'Temporal']);
  const isClient = ({ name }: Keeper) => !servers.has(name) && name !== 'sandbox';
  await Promise.all(keepers.filter(isClient).map((keeper) => keeper.stop(force)));
  await Promise.all(keepers.filter(({ name }) => name === 'sandbox').map((keeper) => keeper.stop(force)));
  await Promise.all(keepers.filter(({ name }) => servers.has(name)).map((keeper) => keeper.stop(force)));
  // What was still starting has no keeper yet.
  await stopAll(stack, force);
}

function explain(error: unknown): undefined {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n\n`);
}

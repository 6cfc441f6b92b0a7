// Brings up the three servers of a stack, all at once, or takes those that the environment names; and takes them down again.

import type { Environment } from './environment.ts';
import { postgresSearch } from './find/postgres.ts';
import { rabbitmqSearch } from './find/rabbitmq.ts';
import { firstRoute, oneLine } from './find/routes.ts';
import { temporalSearch } from './find/temporal.ts';
import type { Launched } from './launch.ts';
import { choosePorts, movePorts, type Ports } from './ports.ts';
import { checkPostgres, postgresUrl, startPostgres } from './servers/postgres.ts';
import { amqpUrl, checkRabbitmq, managementUrl, rabbitmqctl, startRabbitmq } from './servers/rabbitmq.ts';
import { checkTemporal, startTemporal, temporalAddress } from './servers/temporal.ts';
import type { Stack } from './stack.ts';

export interface Servers {
  databaseUrl: string;
  amqpUrl: string;
  /** Undefined when the broker was given by address and nobody said where its management interface is. */
  rabbitmqManagementUrl: string | undefined;
  temporalAddress: string;
  /** Undefined when Temporal was given by address, or runs without UI. */
  temporalUiUrl: string | undefined;
  /** Where the Temporal server tells its metrics. Undefined when it was given by address and nobody said where. */
  temporalMetricsUrl: string | undefined;
  ports: Ports;
  running: RunningServer[];
}

export interface RunningServer {
  name: string;
  processes: Launched[];
  /** Starts it again on the same ports and data. */
  restart(): Promise<Launched[]>;
  /** Runs the server's own control program with these arguments; only RabbitMQ has one. Throws with its words. */
  control?(args: string[]): Promise<string>;
}

/** Starts what is not given by address. Everything is stopped again when one of them fails. Throws NoRouteError or the server's own words. */
export async function startServers(stack: Stack, env: Environment, portOffset = 0): Promise<Servers> {
  const ports = await choosePorts(portOffset);
  const running: RunningServer[] = [];
  const results = await Promise.allSettled([
    postgres(stack, env, ports, running),
    rabbitmq(stack, env, ports, running),
    temporal(stack, env, ports, running),
  ]);
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0) {
    await stopServers(running);
    throw new Error(failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join('\n\n'));
  }
  return {
    databaseUrl: env['DATABASE_URL'] || postgresUrl(stack, ports.postgres),
    amqpUrl: env['AMQP_URL'] || amqpUrl(stack, ports),
    rabbitmqManagementUrl: env['AMQP_URL'] ? env['RABBITMQ_MANAGEMENT_URL'] || undefined : managementUrl(stack, ports),
    temporalAddress: env['TEMPORAL_ADDRESS'] || temporalAddress(ports),
    temporalUiUrl: env['TEMPORAL_ADDRESS']
      ? env['TEMPORAL_UI_URL'] || undefined
      : stack.durable
        ? `http://127.0.0.1:${ports.temporalUi}`
        : undefined,
    temporalMetricsUrl: env['TEMPORAL_ADDRESS']
      ? env['TEMPORAL_METRICS_URL'] || undefined
      : `http://127.0.0.1:${ports.temporalMetrics}/metrics`,
    ports,
    running,
  };
}

/** Stops the servers, all at once: by then none of them has a client left. */
export async function stopServers(running: RunningServer[], force = false): Promise<void> {
  await Promise.all(
    running.map(async ({ processes }) => {
      for (const process of processes) await process.stop(force);
    }),
  );
}

async function postgres(stack: Stack, env: Environment, ports: Ports, running: RunningServer[]): Promise<void> {
  const given = env['DATABASE_URL'];
  if (given) return useGiven(stack, 'PostgreSQL', 'DATABASE_URL', () => checkPostgres(given));
  const program = await firstRoute(postgresSearch(env), stack.progress);
  const start = async () => [await startPostgres(stack, program, ports.postgres)];
  await run(stack, running, 'PostgreSQL', program, withFreePorts(ports, ['postgres'], start));
}

async function rabbitmq(stack: Stack, env: Environment, ports: Ports, running: RunningServer[]): Promise<void> {
  const given = env['AMQP_URL'];
  if (given) return useGiven(stack, 'RabbitMQ', 'AMQP_URL', () => checkRabbitmq(given));
  const program = await firstRoute(rabbitmqSearch(env), stack.progress);
  const start = () => startRabbitmq(stack, program, ports);
  await run(
    stack,
    running,
    'RabbitMQ',
    program,
    withFreePorts(ports, ['amqp', 'rabbitmqManagement', 'rabbitmqDistribution', 'epmd'], start),
    async (args) => rabbitmqctl(stack, program, ports, args),
  );
}

async function temporal(stack: Stack, env: Environment, ports: Ports, running: RunningServer[]): Promise<void> {
  const given = env['TEMPORAL_ADDRESS'];
  if (given) return useGiven(stack, 'Temporal', 'TEMPORAL_ADDRESS', () => checkTemporal(given));
  const program = await firstRoute(temporalSearch(env), stack.progress);
  const start = async () => [await startTemporal(stack, program, ports)];
  await run(stack, running, 'Temporal', program, withFreePorts(ports, ['temporal', 'temporalUi', 'temporalMetrics'], start));
}

async function useGiven(stack: Stack, name: string, variable: string, check: () => Promise<string>): Promise<void> {
  const version = await check().catch((error: unknown) => {
    throw new Error(
      `${variable} is set, but no ${name} can be used there: ${oneLine(error)}\nStart it, correct ${variable}, or unset it and Trasau runs its own.`,
    );
  });
  stack.progress.line(`✓ ${name} ${version}, given by ${variable}`);
}

type Start = () => Promise<Launched[]>;
const PORT_TRIES = 3;

/** A start that moves to other ports when it fails and somebody else has taken one of its ports meanwhile: a second clone starting at the same
 *  moment, for example. */
function withFreePorts(ports: Ports, names: (keyof Ports)[], start: Start): { first: Start; again: Start } {
  const first = async (tries = PORT_TRIES): Promise<Launched[]> => {
    try {
      return await start();
    } catch (error) {
      if (tries <= 1 || !(await movePorts(ports, names))) throw error;
      return first(tries - 1);
    }
  };
  return { first: () => first(), again: start };
}

interface Found {
  version: string;
  origin: string;
}

async function run(
  stack: Stack,
  running: RunningServer[],
  name: string,
  found: Found,
  start: { first: Start; again: Start },
  control?: RunningServer['control'],
): Promise<void> {
  const processes = await stack.progress.during(`${name} ${found.version} (${found.origin})`, start.first);
  running.push({ name, processes, restart: start.again, ...(control && { control }) });
}

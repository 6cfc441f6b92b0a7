// Runs a RabbitMQ of our own with the management plugin: its own Erlang node name, cookie and port mapper (epmd), everything on loopback, all
// files in the stack's folder. The port mapper is started by us in the foreground; otherwise RabbitMQ would start one that nobody ever ends.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import amqp from 'amqplib';
import type { Environment } from '../environment.ts';
import type { RabbitmqProgram } from '../find/rabbitmq.ts';
import { findOnPath, isExecutable } from '../find/look.ts';
import { answersOk } from '../http-check.ts';
import { launch, untilReady, type Launched } from '../launch.ts';
import { mustRun, runCommand } from '../run-command.ts';
import type { Ports } from '../ports.ts';
import type { Stack } from '../stack.ts';

const USER = 'trasau';
const READY_WITHIN_MS = 90_000;
const GRACE_MS = 20_000;
const EPMD_GRACE_MS = 2_000;
const CHECK_TIMEOUT_MS = 2_000;

type Programs = Extract<RabbitmqProgram, { kind: 'programs' }>;
type Container = Extract<RabbitmqProgram, { kind: 'container' }>;

/** The address of the stack's broker. */
export function amqpUrl(stack: Stack, ports: Ports): string {
  return `amqp://${USER}:${stack.secrets.RABBITMQ_PASSWORD}@127.0.0.1:${ports.amqp}`;
}

/** The address of the stack's management interface, user and password included, as tests and tools need it. */
export function managementUrl(stack: Stack, ports: Ports): string {
  return `http://${USER}:${stack.secrets.RABBITMQ_PASSWORD}@127.0.0.1:${ports.rabbitmqManagement}`;
}

/** Starts the broker and returns its processes, the one to stop first at the front, once a client can log in. */
export async function startRabbitmq(stack: Stack, program: RabbitmqProgram, ports: Ports): Promise<Launched[]> {
  const folder = join(stack.folder, 'rabbitmq');
  mkdirSync(folder, { recursive: true });
  const launched =
    program.kind === 'container'
      ? [await launchContainer(stack, program, ports, folder)]
      : await launchPrograms(stack, program, ports, folder);
  const [broker] = launched;
  if (broker === undefined) throw new Error('RabbitMQ was not started.');
  try {
    await untilReady(broker, () => canLogIn(amqpUrl(stack, ports)), READY_WITHIN_MS);
    await untilReady(broker, () => answersOk(`http://127.0.0.1:${ports.rabbitmqManagement}/`, CHECK_TIMEOUT_MS), READY_WITHIN_MS);
  } catch (error) {
    for (const process of launched) await process.stop();
    throw error;
  }
  return launched;
}

/** Runs `rabbitmqctl` against the stack's broker and returns what it said. Throws with its words. */
export async function rabbitmqctl(stack: Stack, program: RabbitmqProgram, ports: Ports, args: string[]): Promise<string> {
  if (program.kind === 'container') return mustRun(program.engine, ['exec', containerName(stack), 'rabbitmqctl', ...args]);
  // A node of its own beside the broker: it must not take the broker's port, and finds it by name through the same port mapper.
  const { RABBITMQ_DIST_PORT: _port, ...env } = brokerEnvironment(stack, program, ports, join(stack.folder, 'rabbitmq'));
  return mustRun(join(program.home, 'sbin/rabbitmqctl'), args, { env });
}

async function launchPrograms(stack: Stack, program: Programs, ports: Ports, folder: string): Promise<Launched[]> {
  const env = brokerEnvironment(stack, program, ports, folder);
  writeConfiguration(stack, ports, folder);
  const epmd = await launch(stack, {
    name: 'epmd',
    file: findEpmd(program, env),
    args: ['-port', String(ports.epmd), '-address', '127.0.0.1'],
    env,
    folder,
    graceMs: EPMD_GRACE_MS,
  });
  const file = join(program.home, 'sbin/rabbitmq-server');
  // Data that is thrown away needs no orderly stop, which takes seconds.
  const broker = await launch(stack, {
    name: 'rabbitmq',
    file,
    args: [],
    env,
    folder,
    graceMs: GRACE_MS,
    stopSignal: stack.durable ? 'SIGTERM' : 'SIGKILL',
  });
  return [broker, epmd];
}

function brokerEnvironment(stack: Stack, program: Programs, ports: Ports, folder: string): Environment {
  const path = [program.erlangBin, stack.plainEnv['PATH'] ?? ''].join(delimiter);
  return {
    ...stack.plainEnv,
    // Erlang keeps its cookie in HOME.
    HOME: folder,
    PATH: path,
    ...(program.libraries.length > 0 ? { LD_LIBRARY_PATH: program.libraries.join(delimiter) } : {}),
    SYS_PREFIX: '',
    RABBITMQ_HOME: program.home,
    RABBITMQ_NODENAME: `${stack.id}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.rabbitmqDistribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'logs'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'config'),
    // The start script then becomes the Erlang process itself instead of waiting beside it, so a signal to the one process id ends everything.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}

function writeConfiguration(stack: Stack, ports: Ports, folder: string): void {
  for (const name of ['data', 'logs', 'config']) mkdirSync(join(folder, name), { recursive: true });
  const cookie = join(folder, '.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, stack.secrets.ERLANG_COOKIE);
  chmodSync(cookie, 0o400);
  writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  const settings = [
    `listeners.tcp.default = 127.0.0.1:${ports.amqp}`,
    `management.tcp.ip = 127.0.0.1`,
    `management.tcp.port = ${ports.rabbitmqManagement}`,
    `default_user = ${USER}`,
    `default_pass = ${stack.secrets.RABBITMQ_PASSWORD}`,
    // A laptop's disk is often fuller than a server's; below this the broker stops accepting messages.
    'disk_free_limit.absolute = 200MB',
    'log.file.level = warning',
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
}

/** epmd lies beside erl in a system installation, and under the release's erts folder otherwise. */
function findEpmd(program: Programs, env: Environment): string {
  const beside = join(program.erlangBin, 'epmd');
  return isExecutable(beside) ? beside : findOnPath('epmd', { PATH: `${dirname(program.erlangBin)}/bin${delimiter}${env['PATH'] ?? ''}` });
}

async function launchContainer(stack: Stack, program: Container, ports: Ports, folder: string): Promise<Launched> {
  const name = containerName(stack);
  await runCommand(program.engine, ['rm', '--force', name]);
  const volume = stack.durable ? ['--volume', `${name}:/var/lib/rabbitmq`] : [];
  const published = ['--publish', `127.0.0.1:${ports.amqp}:5672`, '--publish', `127.0.0.1:${ports.rabbitmqManagement}:15672`];
  const user = ['--env', `RABBITMQ_DEFAULT_USER=${USER}`, '--env', `RABBITMQ_DEFAULT_PASS=${stack.secrets.RABBITMQ_PASSWORD}`];
  const args = ['run', '--rm', '--name', name, '--hostname', 'trasau', ...volume, ...published, ...user, program.image];
  return launch(stack, { name: 'rabbitmq', file: program.engine, args, env: stack.plainEnv, folder, graceMs: GRACE_MS });
}

function containerName(stack: Stack): string {
  return `${stack.id}-rabbitmq`;
}

async function canLogIn(url: string): Promise<boolean> {
  await checkRabbitmq(url);
  return true;
}

/** The version of the broker at this address. Throws with the reason when no client can log in. */
export async function checkRabbitmq(url: string): Promise<string> {
  const connection = await amqp.connect(url, { timeout: 5_000 });
  // amqplib reports a lost connection as an event as well; unheard it would end this process.
  connection.on('error', () => undefined);
  const version: unknown = connection.connection.serverProperties.version;
  await connection.close();
  return String(version);
}

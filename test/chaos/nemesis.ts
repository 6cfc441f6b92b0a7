// Strikes, and heals what it struck. Only processes that the campaign started are ever touched.

import type { Channel } from 'amqplib';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { workKey } from '../../adapters/rabbitmq/topology.ts';
import type { Topology } from '../../adapters/rabbitmq/topology.ts';
import { deliveryLimits } from '../../config/limits.ts';
import type { RunningServer } from '../../infra/local/servers.ts';
import { withChannel } from '../delivery/support/messages.ts';
import type { TcpProxy } from '../delivery/support/tcp-proxy.ts';
import { eventually } from '../support/eventually.ts';
import type { SystemProcess } from '../support/system-process.ts';
import type { ApplicationStack } from './application-stack.ts';
import type { CrewMember } from './crew-member.ts';
import type { FaultName } from './faults.ts';
import type { Strike } from './schedule.ts';
import type { Stage } from './stage.ts';

type Heal = () => Promise<void> | void;
type Blow = (stage: Stage, strike: Strike) => Promise<Heal> | Heal;

/** Does what the strike says and returns how it is undone. */
export async function strikeNow(stage: Stage, strike: Strike): Promise<Heal> {
  return blows[strike.fault](stage, strike);
}

const nothingToHeal: Heal = () => undefined;
const clockSkewMs = 3_600_000;
const wireDelayMs = 250;
const lateShare = 2 / 3; // Of the lease.
const flaps = { times: 6, everyMs: 300 };
const unbinds = { times: 6, everyMs: 500 };

const queuePutDownMs = 2_000;
const patienceMs = 120_000;

const blows: Record<FaultName, Blow> = {
  'kill-relay': killMember,
  'kill-consumer': killMember,
  'kill-sender': killMember,
  'freeze-relay': freezeMember,
  'freeze-consumer': freezeMember,
  'freeze-sender': freezeMember,
  'kill-api': killProcess,
  'kill-worker': killProcess,
  'freeze-api': freezeProcess,
  'freeze-worker': freezeProcess,
  'kill-temporal': async (stage) => killServer(stackOf(stage).temporalServer),
  'freeze-temporal': (stage) => freezeProcesses(stackOf(stage).temporalServer.processes.map(({ pid }) => pid)),
  'stop-member': stopMember,
  'skew-clock': skewClock,
  'kill-broker': async ({ broker }) => killServer(broker),
  'kill-postgres': async ({ postgres }) => killServer(postgres),
  'freeze-broker': ({ broker }) => freezeProcesses(broker.processes.slice(0, 1).map(({ pid }) => pid)),
  'freeze-postgres': ({ postgres }) => freezeProcesses(postgres.processes.flatMap(({ pid }) => [pid, ...childrenOf(pid)])),
  'close-connections': async ({ broker }) => {
    await broker.control?.(['close_all_connections', '--global', 'struck']);
    return nothingToHeal;
  },
  'memory-alarm': alarm,
  'delete-queue': onBroker(async (channel, { queue, delays }) => {
    for (const { name } of [queue, ...delays.map((delay) => delay.queue)]) await channel.deleteQueue(name);
  }),
  'forget-queue': forgetQueue,
  'unbind-queue': unbindQueue,
  'end-sessions': async ({ database }) => {
    await database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    return nothingToHeal;
  },
  'cut-wire': onWire((wire) => wire.cut()),
  'cut-broker-wire': onWire((wire) => wire.cut()),
  'flap-broker-wire': flap,
  'half-open-wire': onWire((wire) => wire.goSilent()),
  'lose-answers': onWire((wire) => wire.swallowAnswers()),
  'lose-requests': onWire((wire) => wire.swallowRequests()),
  'lose-settlements': onWire((wire) => wire.swallowRequests()),
  'lose-publishes': onWire((wire) => wire.swallowRequests()),
  'delay-wire': onWire((wire) => wire.delay(wireDelayMs)),
  'late-core-requests': (stage, strike) => onWire((wire) => wire.delay(stage.profile.delivery.claimLeaseMs * lateShare))(stage, strike),
  'core-commits-and-is-silent': async ({ sandbox }) => orderFaults(sandbox, { fault: 'slow', delayMs: 60_000, times: 12 }),
  'core-is-slow': async ({ sandbox }) => orderFaults(sandbox, { fault: 'slow', delayMs: 500, times: 10_000 }),
  'core-loses-answers': async ({ sandbox }) => orderFaults(sandbox, { fault: 'drop_after_commit', times: 30 }),
  'core-errs': async ({ sandbox }) => {
    const heal = await orderFaults(sandbox, { fault: 'fail', times: 10 });
    await orderFaults(sandbox, { fault: 'garbage', times: 10 });
    await orderFaults(sandbox, { fault: 'throttle', times: 10 });
    return heal;
  },
};

async function killMember(stage: Stage, { victim }: Strike): Promise<Heal> {
  const member = memberOf(stage, victim);
  await member.kill();
  return () => member.start();
}

async function stopMember(stage: Stage, { victim }: Strike): Promise<Heal> {
  const member = memberOf(stage, victim);
  await member.stop(deliveryLimits.drainMs);
  return () => member.start();
}

function freezeMember(stage: Stage, { victim }: Strike): Heal {
  const member = memberOf(stage, victim);
  member.signal('SIGSTOP');
  return () => member.signal('SIGCONT');
}

/** The strike lasts from when the process works by the wrong clock: to start takes it as long as the machine pleases. */
async function skewClock(stage: Stage, { victim, atMs }: Strike): Promise<Heal> {
  const member = memberOf(stage, victim);
  await member.kill();
  member.start({ skewMs: atMs % 2 === 0 ? clockSkewMs : -clockSkewMs });
  await eventually(`${victim} works by the wrong clock`, member.isAtWork, patienceMs);
  return async () => {
    await member.kill();
    member.start();
  };
}

/** Whoever starts it again does so until it stays up, as an orchestrator: what it needs may be away just then. */
async function killProcess(stage: Stage, { victim }: Strike): Promise<Heal> {
  const process = processOf(stage, victim);
  await process.kill();
  return async () => {
    await eventually(
      `${victim} is back`,
      async () => {
        await process.kill();
        await process.start();
        return true;
      },
      patienceMs,
    );
  };
}

function freezeProcess(stage: Stage, { victim }: Strike): Heal {
  const pid = processOf(stage, victim).pid();
  if (pid === undefined) throw new Error(`${victim} does not run`);
  return freezeProcesses([pid]);
}

function stackOf({ applications }: Stage): ApplicationStack {
  if (!applications) throw new Error('no applications run here');
  return applications;
}

function processOf(stage: Stage, name: string): SystemProcess {
  const process = stackOf(stage).processes.get(name);
  if (!process) throw new Error(`there is no ${name}`);
  return process;
}

function memberOf({ crew }: Stage, name: string): CrewMember {
  const member = crew.get(name);
  if (!member) throw new Error(`there is no ${name}`);
  return member;
}

function onBroker(break_: (channel: Channel, topology: Topology) => Promise<unknown>): Blow {
  return async (stage) => {
    await withChannel(stage, async (channel) => break_(channel, stage.topology));
    return nothingToHeal;
  };
}

/** Takes the longest delay away, which hardly anything waits for, and kills the broker as soon as it is declared again. The broker must have
 *  put down that it is gone, or it takes up what is left of it. */
async function forgetQueue(stage: Stage): Promise<Heal> {
  const { queue } = stage.topology.delays.at(-1) ?? { queue: stage.topology.parked };
  const isGone = async (): Promise<boolean> => {
    await withChannel(stage, async (channel) => channel.deleteQueue(queue.name));
    await pause(queuePutDownMs);
    return withChannel(stage, async (channel) => channel.checkQueue(queue.name)).then(
      () => false, // a process that connected just then has declared it
      () => true,
    );
  };
  await eventually('the queue stays away', isGone, patienceMs);
  await withChannel(stage, async (channel) => channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }));
  return killServer(stage.broker);
}

/** Unbinds until a publish was returned: whoever connects just then binds the queue again before anything meets the gap. */
async function unbindQueue(stage: Stage): Promise<Heal> {
  const { exchange, queue } = stage.topology;
  const returned = (): number => [...stage.crew.values()].reduce((sum, member) => sum + (member.evidence().returned ?? 0), 0);
  const before = returned();
  for (let n = 0; n < unbinds.times && returned() === before; n += 1) {
    await withChannel(stage, async (channel) => channel.unbindQueue(queue.name, exchange, workKey));
    await pause(unbinds.everyMs);
  }
  return nothingToHeal;
}

function onWire(break_: (wire: TcpProxy) => void): Blow {
  return (stage, { victim, wire: name }) => {
    const wire = name && memberOf(stage, victim).wires[name];
    if (!wire) throw new Error(`${victim} has no such wire`);
    break_(wire);
    return wire.heal;
  };
}

async function flap(stage: Stage, strike: Strike): Promise<Heal> {
  for (let n = 0; n < flaps.times; n += 1) {
    await blows['cut-broker-wire'](stage, strike);
    await pause(flaps.everyMs);
  }
  return nothingToHeal;
}

/** Kills the server's first process; healed, the whole of it is started again on the same data. */
async function killServer(server: RunningServer): Promise<Heal> {
  const [first] = server.processes;
  if (first) {
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
  }
  return async () => {
    for (const process of server.processes) await process.stop(true);
    // Children of a killed PostgreSQL take a moment to notice, and it does not start beside them.
    server.processes = await eventually('the server is back', async () => server.restart(), 60_000);
  };
}

/** On a busy machine the control program may give up after its order was carried out: the alarm is ended all the same. */
async function alarm({ broker }: Stage): Promise<Heal> {
  const end = async (): Promise<void> => void (await broker.control?.(['set_vm_memory_high_watermark', '0.4']));
  try {
    await broker.control?.(['set_vm_memory_high_watermark', '0.0001']);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

function freezeProcesses(pids: number[]): Heal {
  const frozen = pids.filter((pid) => signalIfThere(pid, 'SIGSTOP'));
  return () => {
    for (const pid of frozen) signalIfThere(pid, 'SIGCONT');
  };
}

function signalIfThere(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The sessions of a PostgreSQL are its child processes. */
function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => parentOf(pid) === parent).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined; // it went meanwhile
  }
}

async function orderFaults(
  sandbox: Stage['sandbox'],
  order: { fault: 'slow' | 'fail' | 'garbage' | 'throttle' | 'drop_after_commit'; times: number; delayMs?: number },
): Promise<Heal> {
  await sandbox.fault({ vendor: 'way4', operation: 'purchase', ...order });
  return sandbox.clearFaults;
}

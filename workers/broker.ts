// How a worker reaches RabbitMQ: our topology and our limits put into the layer of adapters/rabbitmq, every report put into the log.

import { amqplibTransport } from '../adapters/rabbitmq/amqplib.ts';
import { createQueueProof } from '../adapters/rabbitmq/queue-proof.ts';
import { createLink } from '../adapters/rabbitmq/link.ts';
import type { Link, LinkReport } from '../adapters/rabbitmq/link.ts';
import { TopologyMismatch, topologyTenant, transactionTopology } from '../adapters/rabbitmq/topology.ts';
import type { Topology } from '../adapters/rabbitmq/topology.ts';
import type { Transport } from '../adapters/rabbitmq/transport.ts';
import { deliveryLimits } from '../config/limits.ts';
import type { DeliveryLimits } from '../config/limits.ts';
import type { Log } from './log.ts';

/** The queues of the hand-off as this version of the software wants them. */
export function handOffTopology(name = 'transactions'): Topology {
  return transactionTopology({
    name,
    deliveryLimit: deliveryLimits.queueDeliveryLimit,
    maxMessages: deliveryLimits.queueMaxMessages,
    retryDelaysMs: deliveryLimits.retryDelaysMs,
  });
}

/** A link that declares the topology in every session; not started. `name` is shown in RabbitMQ's list of connections. */
export function openLink(options: {
  url: string;
  name: string;
  topology: Topology;
  limits?: Pick<DeliveryLimits, 'heartbeatSeconds' | 'reconnectMaxMs' | 'hollowQueueMs' | 'silentQueueMs' | 'queueLookTimeoutMs'>;
  /** How AMQP is spoken; amqplib unless a test puts something between. */
  transport?: Transport | undefined;
  report: (report: LinkReport) => void;
}): Link {
  const { url, name, topology, report, transport = amqplibTransport } = options;
  const limits = { ...deliveryLimits, ...options.limits };
  const connection = { url, name, heartbeatSeconds: limits.heartbeatSeconds, connectTimeoutMs: limits.brokerConnectTimeoutMs };
  const closeTimeoutMs = limits.brokerCloseTimeoutMs;
  const backoff = { baseMs: limits.reconnectBaseMs, maxMs: limits.reconnectMaxMs };
  const link = createLink({ ...connection, transport, closeTimeoutMs, backoff, report });
  const prove = createQueueProof({
    patienceMs: { hollow: limits.hollowQueueMs, silent: limits.silentQueueMs },
    lookTimeoutMs: limits.queueLookTimeoutMs,
    mendTimeoutMs: limits.confirmTimeoutMs,
    lock: `${topology.exchange}.mending`,
    connect: async () => transport.connect(connection),
    closeTimeoutMs,
    report: (mend) => report({ ...mend, link: name }),
  });
  link.attach(topologyTenant(topology, prove));
  return link;
}

/** Waits for the work of a drain, then closes the link. After `confirmMs` nobody waits for the broker any more: the link is closed first, and
 *  what is not confirmed counts as lost. */
export async function closeAfter(work: Promise<unknown>, link: Link, confirmMs: number): Promise<void> {
  const late = setTimeout(() => void link.close(), confirmMs);
  await work;
  clearTimeout(late);
  link.drain();
  await link.close();
}

/** What goes with a heartbeat: no confirm is missed before a dead connection is found, after three of them at the latest. */
export function heartbeatLimits(heartbeatSeconds: number): Pick<DeliveryLimits, 'heartbeatSeconds' | 'confirmTimeoutMs'> {
  return { heartbeatSeconds, confirmTimeoutMs: Math.max(deliveryLimits.confirmTimeoutMs, 3 * heartbeatSeconds * 1_000) };
}

/** Logs what happens to a link; a loss is a warning, for it is repaired. */
export function linkReporter(log: Log): (report: LinkReport) => void {
  return (report) => {
    if (report.kind === 'lost') log.warn('broker lost', report);
    else if (report.kind === 'mended') log.warn('queue did not work: deleted and declared again', report);
    else if (report.kind === 'unmendable') log.error('queue does not work and the broker does not make it anew', report);
    else log.info(`broker ${report.kind}`, report);
  };
}

/** For the rejection of a start: says which argument of which queue differs, and ends the process. Any other error is thrown on. */
export function refuseToStart(log: Log): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TopologyMismatch)) throw error;
    log.error('the broker has other queues', { reason: error.message });
    process.exit(1);
  };
}

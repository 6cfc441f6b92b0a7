// How a worker reaches RabbitMQ: our topology and our limits put into the layer of adapters/rabbitmq, every report put into the log.

import { amqplibTransport } from '../adapters/rabbitmq/amqplib.ts';
import { createLink } from '../adapters/rabbitmq/link.ts';
import type { Link, LinkReport } from '../adapters/rabbitmq/link.ts';
import { TopologyMismatch, topologyTenant, transactionTopology } from '../adapters/rabbitmq/topology.ts';
import type { Topology } from '../adapters/rabbitmq/topology.ts';
import { deliveryLimits } from '../config/limits.ts';
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
  heartbeatSeconds?: number;
  report: (report: LinkReport) => void;
}): Link {
  const link = createLink({
    transport: amqplibTransport,
    url: options.url,
    name: options.name,
    heartbeatSeconds: options.heartbeatSeconds ?? deliveryLimits.heartbeatSeconds,
    connectTimeoutMs: deliveryLimits.brokerConnectTimeoutMs,
    closeTimeoutMs: deliveryLimits.brokerCloseTimeoutMs,
    backoff: { baseMs: deliveryLimits.reconnectBaseMs, maxMs: deliveryLimits.reconnectMaxMs },
    report: options.report,
  });
  link.attach(topologyTenant(options.topology));
  return link;
}

/** Logs what happens to a link; a loss is a warning, for it is repaired. */
export function linkReporter(log: Log): (report: LinkReport) => void {
  return (report) => {
    if (report.kind === 'lost') log.warn('broker lost', report);
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

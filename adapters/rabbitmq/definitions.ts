// The topology in RabbitMQ's own format, for operators who prepare a broker before the first process starts. Importing it and declaring
// the topology come to the same: what the one made, the other finds in order.

import { bindingsOf, queuesOf } from './topology.ts';
import type { Topology } from './topology.ts';

export interface Definitions {
  exchanges: object[];
  queues: object[];
  bindings: object[];
}

/** What `rabbitmqctl import_definitions` and the management API take. */
export function definitionsOf(topology: Topology, vhost = '/'): Definitions {
  return {
    exchanges: [{ name: topology.exchange, vhost, type: 'direct', durable: true, auto_delete: false, internal: false, arguments: {} }],
    queues: queuesOf(topology).map((queue) => ({ name: queue.name, vhost, durable: true, auto_delete: false, arguments: queue.arguments })),
    bindings: bindingsOf(topology).map(({ exchange, routingKey, queue }) => ({
      source: exchange,
      vhost,
      destination: queue.name,
      destination_type: 'queue',
      routing_key: routingKey,
      arguments: {},
    })),
  };
}

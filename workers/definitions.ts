// Prints the queues of the hand-off as a RabbitMQ definitions file: `node workers/definitions.ts > infra/rabbitmq/definitions.json`.

import { definitionsOf } from '../adapters/rabbitmq/definitions.ts';
import { handOffTopology } from './broker.ts';

process.stdout.write(`${JSON.stringify(definitionsOf(handOffTopology()), undefined, 2)}\n`);

// A broker that is real but takes nothing that is published.

import { amqplibTransport } from '../../../adapters/rabbitmq/amqplib.ts';
import type { Channel, ConfirmAnswer, Transport } from '../../../adapters/rabbitmq/transport.ts';

/** Answers everything that is published like this; without an answer it says nothing at all. */
export function stubbornBroker(answer?: ConfirmAnswer): { transport: Transport; asked: () => number } {
  let asked = 0;
  const refuse = (channel: Channel): Channel => ({
    ...channel,
    publish: (_message, onAnswer) => {
      asked += 1;
      if (answer) onAnswer(answer);
    },
  });
  const transport: Transport = {
    connect: async (options) => {
      const connection = await amqplibTransport.connect(options);
      return { ...connection, openChannel: async (wanted) => refuse(await connection.openChannel(wanted)) };
    },
  };
  return { transport, asked: () => asked };
}

// Asks an address once whether it answers 2xx. Every check closes its connection: one kept open by `fetch` would make the asked server wait for
// it when it is to stop (RabbitMQ's management interface waits five seconds).

import { get } from 'node:http';

/** Whether the address answers with a success. False, never an error, when it does not answer in time. */
export function answersOk(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

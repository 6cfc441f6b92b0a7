// The person in a campaign. Does nothing but what docs/delivery-runbook.md asks for when a process says that it cannot mend a queue.

import type { RunningServer } from '../../infra/local/servers.ts';

export interface Operator {
  help(): void;
  /** How often help was needed. */
  times(): number;
}

/** Starts the broker's dead-lettering again, which RabbitMQ 3.10 gives up for good after two failures within five seconds. */
export function createOperator(broker: RunningServer): Operator {
  let atWork = false;
  let times = 0;
  async function restartDeadLettering(): Promise<void> {
    const said = await broker.control?.(['eval', 'supervisor:restart_child(rabbit_sup, rabbit_fifo_dlx_sup).']);
    if (said?.startsWith('{ok,')) times += 1;
  }
  return {
    help: () => {
      if (atWork) return;
      atWork = true;
      // The broker may be away just now: it is said again.
      void restartDeadLettering()
        .catch(() => undefined)
        .finally(() => (atWork = false));
    },
    times: () => times,
  };
}

// Tells how many messages wait in a queue: whoever looks for lost messages need not be patient while none can be waiting there.

import type { Link } from './link.ts';
import type { Session } from './session.ts';
import type { Channel } from './transport.ts';

export interface Gauge {
  /** Undefined when the broker is not there to tell, or when nobody consumes and nothing waits: a broker that is too busy to look says that of
   *  every queue. A queue that is gone ends the session, so that the next one declares it again. */
  waiting(): Promise<number | undefined>;
}

/** Adds a gauge to the link; before the link starts. */
export function createGauge({ link, queue }: { link: Link; queue: string }): Gauge {
  let channel: Channel | undefined;

  async function open(session: Session): Promise<void> {
    const opened = await session.connection.openChannel({ confirms: false });
    session.onEnd(() => (channel = undefined));
    opened.onClosed((reason) => session.end(`gauge of ${queue}: ${reason}`));
    channel = opened;
  }

  link.attach({ open });

  async function waiting(): Promise<number | undefined> {
    const count = await channel?.countIn(queue).catch(() => undefined);
    return count && count.messages + count.consumers > 0 ? count.messages : undefined;
  }

  return { waiting };
}

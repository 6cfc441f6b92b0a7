// Support in a campaign: frees what waits for staff because a vendor was away for longer than its tries, with the call that they make.

import { toRequest } from '../../infra/local/demo-client.ts';
import type { ApplicationStack } from './application-stack.ts';
import type { Stage } from './stage.ts';

export interface SupportDesk {
  /** How often a step was tried again. */
  freed(): number;
  close(): void;
}

const lookEveryMs = 2_000;
const answerWithinMs = 20_000;

/** Looks every two seconds until it is closed. A call that fails is made again at the next look. */
export function openSupportDesk(stage: Stage, stack: ApplicationStack): SupportDesk {
  let freed = 0;
  let looking = false;
  async function look(): Promise<void> {
    const { rows } = await stage.database.query<{ id: string }>(
      'select id from applications where merchant_id = $1 and attention is not null',
      [stack.merchantId],
    );
    for (const { id } of rows) if (await retryStep(stage, stack, id)) freed += 1;
  }
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // The database or the api may be the victim just now.
    void look()
      .catch(() => undefined)
      .finally(() => (looking = false));
  }, lookEveryMs);
  return { freed: () => freed, close: () => clearInterval(timer) };
}

async function retryStep({ sandbox }: Stage, { apiUrl }: ApplicationStack, applicationId: string): Promise<boolean> {
  const token = await sandbox.staffToken('lan', ['support']);
  const response = await fetch(`${apiUrl}/ops/v1/applications/${applicationId}/retry`, {
    ...toRequest({ headers: { authorization: `Bearer ${token}` }, json: { reason: 'the vendor is back' } }),
    signal: AbortSignal.timeout(answerWithinMs),
  });
  return response.status === 202;
}

// Health for whoever runs the process. Live says only that the event loop turns: a restart would not bring a database back. Ready
// says whether requests should come here.

import type { Api, ApiDeps } from '../environment.ts';

/** Adds /health/live and /health/ready. */
export function addHealth(app: Api, { notReady }: ApiDeps): void {
  app.get('/health/live', (c) => c.json({ status: 'ok' }));
  app.get('/health/ready', async (c) => {
    const reasons = await notReady();
    return reasons.length === 0 ? c.json({ status: 'ok' }) : c.json({ status: 'unavailable', reasons }, 503);
  });
}

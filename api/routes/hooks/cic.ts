// POST /hooks/cic: the credit bureau says that an inquiry is answered. It says nothing more, so the worst that a repeat or a forgery
// could do is make us ask; the report itself is fetched by a worker.

import { bodyLimit } from 'hono/body-limit';
import { apiLimits } from '../../../config/limits.ts';
import { applicationsOfInquiry } from '../../../db/views.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { CommandUnavailable } from '../../../adapters/temporal/command-errors.ts';

/** Adds the route. An unknown inquiry is taken with thanks and logged: the sender can do nothing about it. */
export function addCreditReportHook(app: Api, { database, commands, readBureauCallback, log }: ApiDeps): void {
  const limit = bodyLimit({
    maxSize: apiLimits.jsonMaxBytes,
    onError: () => {
      throw new Problem('BODY_TOO_LARGE');
    },
  });
  app.post('/hooks/cic', limit, async (c) => {
    const callback = readBureauCallback(await c.req.text(), c.req.header('x-cic-signature'), c.req.header('x-cic-timestamp'));
    if (!callback) throw new Problem('SIGNATURE_INVALID');
    const applicationIds = await applicationsOfInquiry(database, callback);
    if (applicationIds.length === 0) log.warn({ requestId: c.get('requestId') }, 'callback for an unknown inquiry');
    else c.get('notes')['applicationId'] = applicationIds.join(' ');
    // All are told, whatever becomes of one; CIC calls again for those that were not.
    const told = await Promise.allSettled(applicationIds.map(async (id) => commands.creditReportReady(id, callback.inquiryId)));
    for (const { reason } of told.filter((each) => each.status === 'rejected'))
      throw reason instanceof CommandUnavailable ? new Problem('TEMPORARILY_UNAVAILABLE', { cause: reason }) : reason;
    return c.body(null, 202);
  });
}

// Everything about one application for staff. Even the masked customer is a look at personal data, so the look is recorded.

import type { RunView } from '../../adapters/temporal/runs.ts';
import type { ApplicationRow } from '../../db/applications.ts';
import { audit } from '../../db/audit.ts';
import { timeline } from '../../db/timeline.ts';
import type { TimelineEntry } from '../../db/timeline.ts';
import { listApplications } from '../../db/views.ts';
import { isId } from '../../domain/ids.ts';
import { maskNationalId, maskPhone } from '../../domain/profile.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';

export interface Inspected {
  row: ApplicationRow & { merchant_name: string };
  customer: { phone: string; national_id: string | null };
  entries: TimelineEntry[];
  run: RunView;
}

/** The application, its customer masked, and its timeline. Throws NOT_FOUND. */
export async function inspectApplication(
  { database, customers, runs }: ApiDeps,
  id: string,
  { actor, requestId }: { actor: string; requestId: string },
): Promise<Inspected> {
  const row = isId('application', id) ? (await listApplications(database, { id, limit: 1 })).rows[0] : undefined;
  if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  const [entries, run] = await Promise.all([timeline(database, id), runs.look(id, row.attention !== null)]);
  await database.withTransaction(async (tx) =>
    audit(tx, { actor, action: 'customer.masked_view', applicationId: id, subject: row.customer_id, requestId }),
  );
  const profile = await customers.profile(database, row.customer_id);
  const phone = profile?.phone ?? (await customers.phone(database, row.customer_id));
  return { row, entries, run, customer: { phone: maskPhone(phone), national_id: profile && maskNationalId(profile.nationalId) } };
}

// A new checkout link for a customer who asked support for one. It is a key to their application, so no member of staff sees it: it is made
// here as a digest, and only the process that writes the message to the customer's phone can make the link itself (db/checkout.ts).

import { apiLimits } from '../../config/limits.ts';
import { staffLimits } from '../../config/staff-limits.ts';
import { readApplication, takeVersion } from '../../db/applications.ts';
import { audit } from '../../db/audit.ts';
import { addLinkForMessage, linkOfMessage, linksSentToday } from '../../db/checkout.ts';
import { addNotification } from '../../db/notifications.ts';
import type { Tx } from '../../db/pool.ts';
import { maskPhone } from '../../domain/profile.ts';
import { isTerminal } from '../../domain/states.ts';
import type { ApiDeps } from '../environment.ts';
import { etagOf, isMeant } from '../etag.ts';
import { Problem } from '../problems.ts';
import { otherVersion, wrongState } from './command.ts';
import { oneOfFew } from './staff-command.ts';
import type { StaffAct } from './staff-command.ts';

/** Has a link sent. Link, message and audit row are one commit. Repeat with the same key: the first link. Throws NOT_FOUND, WRONG_STATE,
 *  VERSION_MISMATCH, LINKS_SPENT and TOO_MANY_REQUESTS. */
export async function sendLink(deps: ApiDeps, act: StaffAct): Promise<LinkSent> {
  return oneOfFew(act.applicationId, async () => send(deps, act));
}

interface LinkSent {
  phone: string;
  expiresAt: Date;
}

async function send(deps: ApiDeps, act: StaffAct): Promise<LinkSent> {
  const { database, customers, boxes } = deps;
  const { applicationId, ifMatch, key, ...by } = act;
  const occasion = key.id.toString('hex').slice(0, 32);
  return database.withTransaction(async (tx) => {
    const row = await readApplication(tx, applicationId);
    if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
    const phone = maskPhone(await customers.phone(tx, row.customer_id));
    const { id, isNew } = await addNotification(tx, { applicationId, template: 'checkout_link', occasion, params: {} });
    if (!isNew) return { phone, expiresAt: (await linkOfMessage(tx, boxes, id)) ?? deps.now() };
    // As it stands now that nobody else can move it.
    const meant = await takeVersion(tx, applicationId);
    if (!meant || isTerminal(meant.status)) throw wrongState(meant?.status ?? row.status);
    if (!isMeant(ifMatch, etagOf(meant))) throw otherVersion(meant);
    await refuseWhatIsTooMuch(tx, applicationId, id);
    const expiresAt = await addLinkForMessage(tx, boxes, { applicationId, notificationId: id, lifetimeMs: apiLimits.checkoutLinkMs });
    await audit(tx, { ...by, applicationId, subject: id });
    return { phone, expiresAt };
  });
}

async function refuseWhatIsTooMuch(tx: Tx, applicationId: string, notificationId: string): Promise<void> {
  const { linksMaxPerDay, linkRestMs: restMs } = staffLimits;
  const { count, lessInSeconds, restsForSeconds } = await linksSentToday(tx, { applicationId, notificationId, restMs });
  const spent = (detail: string, seconds: number) => new Problem('LINKS_SPENT', { detail, headers: { 'retry-after': String(seconds) } });
  if (count > linksMaxPerDay) throw spent('Let the shop hand over a new link: it gets one by repeating its order.', lessInSeconds);
  if (restsForSeconds > 0)
    throw spent(
      'Nothing was done: a link is on its way to the phone, and another one would end it. Wait until it is there.',
      restsForSeconds,
    );
}

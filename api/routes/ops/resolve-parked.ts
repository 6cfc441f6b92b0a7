// What staff can do with parked messages: send their purchases on their way again, one or many, or close one. Each message is resolved
// once, in one commit with its audit row, whoever asks however often; so the message itself is the key and no Idempotency-Key is needed.

import { z } from '@hono/zod-openapi';
import { apiLimits, deliveryLimits } from '../../../config/limits.ts';
import { discardParked, isRenewable, listParked, readParked, replayAll, replayOfNeedsTwo, replayParked } from '../../../db/parked.ts';
import type { Resolved, Resolving } from '../../../db/parked.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiContext, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { idParam, staffReason as reason } from '../../schemas.ts';
import { askSecondPerson, notRenewable } from '../../verbs/four-eyes.ts';
import { approvalObject, toApprovalObject } from './approvals.ts';
import { notFound, parkedFor, parkedId } from './parked.ts';

const result = z
  .object({
    id: z.int(),
    result: z.enum(['replayed', 'settled_meanwhile', 'discarded', 'resolved_before', 'nothing_to_replay', 'second_person_needed']).openapi({
      description:
        'settled_meanwhile: the purchase has its outcome, nothing was sent. resolved_before: nothing was changed. second_person_needed: another request of yours was quicker; ask again for the rest.',
    }),
  })
  .openapi('ParkedMessageResult');

type Result = z.infer<typeof result>;

/** Adds POST /ops/v1/parked/{id}/replay. */
export function addReplayParked(app: Api, { database }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('replayParked'), problems: ['NOT_FOUND', 'NOTHING_TO_REPLAY', 'SECOND_PERSON_NEEDED'] },
    {
      method: 'post',
      path: '/ops/v1/parked/{id}/replay',
      tags: ['Operations'],
      summary: 'Send the purchase of a parked message on its way again',
      request: { params: idParam, body: body(z.strictObject({ reason })) },
      responses: { 200: json(result, 'What came of it') },
    },
  );
  app.openapi(route, async (c) => {
    const resolving = resolvingOf(c, parkedId(c.req.valid('param').id), c.req.valid('json').reason);
    const resolved = await database.withTransaction(async (tx) => replayParked(tx, resolving));
    return c.json(resultOf(resolving.id, resolved), 200);
  });
}

const selection = z.strictObject({
  reason,
  parked_for: parkedFor.optional(),
  up_to_id: z
    .int()
    .min(1)
    .optional()
    .openapi({ description: 'Only messages up to this one, so that a dry run shows exactly what will be sent.' }),
  limit: z.int().min(1).max(apiLimits.replayMaxMessages).default(apiLimits.replayMaxMessages),
  per_second: z.int().min(1).max(apiLimits.replayMaxMessages).default(deliveryLimits.replayPerSecond).openapi({
    description: 'At most so many are sent a second; the reply does not wait for it.',
  }),
  dry_run: z.boolean().default(false).openapi({ description: 'true: says what would be replayed and changes nothing.' }),
});

const results = z
  .object({
    dry_run: z.boolean(),
    ids: z.array(z.int()),
    results: z.array(result),
    has_more: z.boolean(),
    needs_second_person: z.boolean().openapi({ description: 'true: it is many; nothing was replayed yet.' }),
    approval: approvalObject
      .nullable()
      .openapi({ description: 'What a second person has to confirm; null in a dry run, and when one is enough.' }),
  })
  .openapi('ParkedMessageResults');

/** Adds POST /ops/v1/parked/replay. */
export function addReplayOpenParked(app: Api, deps: ApiDeps, guards: Guards): void {
  const { database } = deps;
  const route = defineRoute(
    { guard: guards.staff('replayParked'), problems: ['APPROVAL_OPEN'] },
    {
      method: 'post',
      path: '/ops/v1/parked/replay',
      tags: ['Operations'],
      summary: 'Replay the open parked messages that name a purchase, oldest first',
      request: { body: body(selection) },
      responses: { 200: json(results, 'What came of each; has_more when the limit left some open') },
    },
  );
  app.openapi(route, async (c) => {
    const { reason, parked_for, up_to_id, limit, per_second, dry_run } = c.req.valid('json');
    const open = await listParked(database, {
      openOnly: true,
      replayableOnly: true,
      reason: parked_for,
      upToId: up_to_id,
      limit: limit + 1,
    });
    const ids = open.slice(0, limit).map(({ id }) => id);
    const plan = { dry_run, ids, has_more: open.length > limit };
    const needsTwo = await replayOfNeedsTwo(database, actorOf(c), ids.length);
    if (needsTwo && !dry_run) {
      const asked = { operation: 'parked.replay', applicationId: null, subject: 'parked', request: { ids, per_second }, reason } as const;
      const approval = await askSecondPerson(deps, { ...asked, askedBy: actorOf(c), requestId: c.get('requestId') });
      return c.json({ ...plan, results: [], needs_second_person: true, approval: toApprovalObject(approval) }, 200);
    }
    const by = { actor: actorOf(c), reason, requestId: c.get('requestId') };
    const done = await replayAll(database, dry_run ? [] : ids, { ...by, perSecond: per_second });
    const shownAll = done.map(({ id, ...resolved }) => shown(id, resolved));
    return c.json({ ...plan, results: shownAll, needs_second_person: needsTwo, approval: null }, 200);
  });
}

const renewal = z.object({ id: z.int(), approval: approvalObject }).openapi('ParkedMessageRenewal');

/** Adds POST /ops/v1/parked/{id}/renew. */
export function addRenewParked(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('renewParked'), problems: ['NOT_FOUND', 'NOTHING_TO_RENEW', 'APPROVAL_OPEN'] },
    {
      method: 'post',
      path: '/ops/v1/parked/{id}/renew',
      tags: ['Operations'],
      summary: 'Give a purchase a new RRN, because WAY4 has another booking under its own',
      request: { params: idParam, body: body(z.strictObject({ reason })) },
      responses: { 202: json(renewal, 'What a second person has to confirm; nothing was done yet') },
    },
  );
  app.openapi(route, async (c) => {
    const id = parkedId(c.req.valid('param').id);
    const row = await readParked(deps.database, id);
    if (!row) throw notFound();
    if (row.resolution !== null || !isRenewable(row)) throw notRenewable('NOT_RENEWABLE');
    const approval = await askSecondPerson(deps, {
      operation: 'parked.renew',
      applicationId: row.applicationId,
      subject: row.messageId,
      request: { id },
      reason: c.req.valid('json').reason,
      askedBy: actorOf(c),
      requestId: c.get('requestId'),
    });
    return c.json({ id, approval: toApprovalObject(approval) }, 202);
  });
}

/** Adds POST /ops/v1/parked/{id}/discard. */
export function addDiscardParked(app: Api, { database }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('discardParked'), problems: ['NOT_FOUND', 'PURCHASE_WITHOUT_OUTCOME'] },
    {
      method: 'post',
      path: '/ops/v1/parked/{id}/discard',
      tags: ['Operations'],
      summary: 'Close a parked message without doing anything',
      request: { params: idParam, body: body(z.strictObject({ reason })) },
      responses: { 200: json(result, 'What came of it') },
    },
  );
  app.openapi(route, async (c) => {
    const resolving = resolvingOf(c, parkedId(c.req.valid('param').id), c.req.valid('json').reason);
    const resolved = await database.withTransaction(async (tx) => discardParked(tx, resolving));
    return c.json(resultOf(resolving.id, resolved), 200);
  });
}

function resolvingOf(c: ApiContext, id: number, reason: string): Resolving {
  return { id, actor: actorOf(c), reason, requestId: c.get('requestId') };
}

/** The result for a message that was named; a refusal is a problem. */
function resultOf(id: number, resolved: Resolved): Result {
  if (resolved.kind !== 'refused') return shown(id, resolved);
  if (resolved.why === 'NOT_FOUND') throw notFound();
  if (resolved.why === 'NO_TRANSACTION') {
    throw new Problem('NOTHING_TO_REPLAY', { detail: 'The message names no transaction of ours. Discard it when its cause is known.' });
  }
  if (resolved.why === 'SECOND_PERSON_NEEDED') {
    throw new Problem('SECOND_PERSON_NEEDED', {
      detail: 'Ask for the rest together, at /ops/v1/parked/replay; somebody else confirms it.',
    });
  }
  throw new Problem('PURCHASE_WITHOUT_OUTCOME', { detail: 'Its purchase has no outcome yet, so it cannot be closed. Replay it.' });
}

const words = { replayed: 'replayed', settled: 'settled_meanwhile', discarded: 'discarded', 'resolved before': 'resolved_before' } as const;

function shown(id: number, resolved: Resolved): Result {
  if (resolved.kind !== 'refused') return { id, result: words[resolved.kind] };
  return { id, result: resolved.why === 'SECOND_PERSON_NEEDED' ? 'second_person_needed' : 'nothing_to_replay' };
}

// The others at an application: its merchant, staff, and whoever calls the api by hand.

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { System } from '../../support/system.ts';
import type { Journey } from './journey.ts';

export interface Answer {
  status: number;
  /** Parsed JSON; empty when the answer was none. */
  body: Record<string, unknown>;
  headers: Headers;
}

export interface Request {
  method?: string;
  token?: string;
  headers?: Record<string, string>;
  json?: unknown;
  body?: string | FormData;
}

/** One call to the api, whatever it answers. */
export async function call(system: System, path: string, request: Request = {}): Promise<Answer> {
  const body = request.body ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
  const response = await fetch(`${system.apiUrl}${path}`, {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const parsed: unknown = await response.json().catch(() => ({}));
  return { status: response.status, body: z.record(z.string(), z.unknown()).parse(parsed), headers: response.headers };
}

const merchantView = z.looseObject({
  status: z.string(),
  status_reason: z.object({ code: z.string(), retryable: z.boolean() }).nullable(),
  canceled_by: z.string().nullable(),
});

/** What the merchant sees of its application. */
export async function merchantSees(system: System, journey: Journey) {
  const { body } = await call(system, `/v1/applications/${journey.applicationId}`, { token: journey.merchantKey });
  return merchantView.parse(body);
}

/** The merchant cancels. */
export async function merchantCancels(system: System, { applicationId, merchantKey }: Journey): Promise<Answer> {
  const path = `/v1/applications/${applicationId}/cancel`;
  return call(system, path, { method: 'POST', token: merchantKey, headers: { 'idempotency-key': randomUUID() }, json: {} });
}

const opsView = z.looseObject({
  status: z.string(),
  step: z.string(),
  reasons: z.array(z.object({ code: z.string(), staff: z.string() })),
  attention: z.looseObject({ activity: z.string(), code: z.string() }).nullable(),
  timeline: z.array(z.object({ source: z.string(), what: z.string(), details: z.record(z.string(), z.unknown()) })),
});

/** What staff see of an application. */
export async function staffSee(system: System, { applicationId }: Journey) {
  return opsView.parse((await call(system, `/ops/v1/applications/${applicationId}`, { token: await system.staffToken() })).body);
}

/** Sends the same again for as long as it is told "not now" (503), as that asks for. A minute of that is an answer, too. */
export async function untilAnswered(send: () => Promise<Answer>): Promise<Answer> {
  const until = Date.now() + 60_000;
  for (;;) {
    const answer = await send();
    if (answer.status !== 503 || Date.now() > until) return answer;
  }
}

/** A member of staff does something, with a reason. Told "not now", they press the button again. */
export async function staffDo(system: System, path: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() };
  const token = await system.staffToken();
  return untilAnswered(async () => call(system, `/ops/v1${path}`, { token, headers, json: { reason: 'as the customer asked', ...more } }));
}

/** Staff cancel; a second person confirms where one is not enough. */
export async function staffCancel(system: System, { applicationId }: Journey): Promise<Answer> {
  const asked = await staffDo(system, `/applications/${applicationId}/cancel`);
  const approval = z.object({ approval: z.object({ id: z.string() }).nullable() }).safeParse(asked.body).data?.approval;
  if (!approval) return asked;
  const token = await system.sandbox.staffToken('thu.ha', ['operations']);
  return call(system, `/ops/v1/approvals/${approval.id}/confirm`, { token, json: { reason: 'looked at it' } });
}

/** The id of the open review task, as staff find it in the timeline. */
export async function openReviewTask(system: System, journey: Journey): Promise<string> {
  const { timeline } = await staffSee(system, journey);
  const task = timeline.findLast(({ source, details }) => source === 'review' && details['answer'] === null);
  return z.string().parse(task?.details['task_id']);
}

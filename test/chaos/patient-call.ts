// A call as a page or a shop's server makes it that does not give up: sent again, with the same key, until the api answers it.

import { setTimeout as pause } from 'node:timers/promises';
import { ApiProblem, toProblem, toRequest } from '../../infra/local/demo-client.ts';
import type { Send } from '../../infra/local/demo-client.ts';

const lookWithinMs = 3_000;
/** Longer than the api waits for a workflow (commandTimeoutMs). */
const actWithinMs = 20_000;
const restMs = 500;

/** A call that got no answer, 429, 5xx, or a 409 that says "not yet" is made again, and `repeated` hears why. Throws ApiProblem for any other "no",
 *  and the last failure when `isOver` says that nobody waits any more. */
export function createPatientCall(isOver: () => boolean, repeated: (why: string) => void): Send {
  return async (url, wanted) => {
    const request = toRequest(wanted);
    const withinMs = request.method === 'GET' ? lookWithinMs : actWithinMs;
    for (;;) {
      const reply = await attempt(url, { ...request, signal: AbortSignal.timeout(withinMs) });
      if (reply.kind === 'answer') return reply.answer;
      if (reply.kind === 'refusal' || isOver()) throw reply.cause;
      repeated(reply.cause instanceof ApiProblem ? reply.cause.code : 'NO_ANSWER');
      await pause(restMs);
    }
  };
}

type Reply = { kind: 'answer'; answer: unknown } | { kind: 'refusal' | 'none'; cause: unknown };

async function attempt(url: string, request: RequestInit): Promise<Reply> {
  try {
    const response = await fetch(url, request);
    const answer: unknown = await response.json();
    if (response.ok) return { kind: 'answer', answer };
    const isWorthAnotherTry = response.status === 429 || response.status >= 500 || Object(answer).retryable === true;
    return { kind: isWorthAnotherTry ? 'none' : 'refusal', cause: toProblem(url, request, answer) };
  } catch (cause) {
    return { kind: 'none', cause };
  }
}

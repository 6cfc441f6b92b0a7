// One call to a vendor over HTTP: sent once, never retried (retries live in Temporal alone), bounded in time and size, and every way it
// can fail mapped onto the five kinds of domain/failures.ts. The line that matters runs between "nothing was sent" and "no full answer":
// the first may be tried again at once, the second must be asked about first.

import http from 'node:http';
import https from 'node:https';
import got, { RequestError, TimeoutError } from 'got';
import type { Response } from 'got';
import { VendorFailure } from '../domain/failures.ts';
import type { Vendor, VendorFailureKind } from '../domain/failures.ts';
import type { CallContext } from '../domain/ports.ts';

/** Bounds of one vendor's calls; the values come from config/limits.ts. */
export interface VendorHttpOptions {
  baseUrl: string;
  /** The whole call, from the first byte to the last. */
  timeoutMs: number;
  /** Name look-up, TCP and TLS, each. */
  connectTimeoutMs: number;
  /** A longer answer is garbage. */
  answerMaxBytes: number;
}

interface VendorRequest {
  method: 'GET' | 'POST';
  /** Appended to the base URL; empty for the base URL itself. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** What the answer must be; any other content type is garbage. */
  answer: 'xml' | 'json';
  /** True where a second call does no harm (it reads, or the vendor drops repeats by our key): a lost answer is then `unavailable`. */
  repeatable?: boolean;
}

export interface VendorAnswer {
  /** 2xx or 4xx; everything else was mapped to a failure. */
  status: number;
  text: string;
}

export type VendorHttp = (request: VendorRequest, call: CallContext) => Promise<VendorAnswer>;

/** Opens the connection pool of one vendor. The function it returns makes one call and throws {@link VendorFailure}: `unavailable` when
 *  nothing was sent or on 429, which is said instead of passing a request on; `unknown` when it was sent and no full answer came or on 408
 *  and 5xx, `busy` on 503; `garbage` when the answer is too large, not UTF-8, a redirect or of the wrong content type. A call that is
 *  repeatable is `unavailable` where another one is `unknown` or `busy`. */
export function createVendorHttp(vendor: Vendor, options: VendorHttpOptions): VendorHttp {
  const agent = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  return async (request, call) => {
    const tooLarge = new AbortController();
    const attempt = got(baseUrl + request.path, {
      method: request.method,
      headers: { ...request.headers, 'user-agent': 'trasau', 'x-reference': call.reference },
      ...(request.body === undefined ? {} : { body: request.body }),
      agent,
      retry: { limit: 0 },
      timeout: timeouts(options),
      signal: call.signal ? AbortSignal.any([call.signal, tooLarge.signal]) : tooLarge.signal,
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      // What counts against the size limit is what is held in memory, so nothing may grow after it was counted.
      decompress: false,
    });
    void attempt.on('downloadProgress', (progress) => {
      if (progress.transferred > options.answerMaxBytes) tooLarge.abort();
    });
    const response = await attempt.catch((error: unknown) => {
      if (tooLarge.signal.aborted) throw new VendorFailure(vendor, 'garbage', 'ANSWER_TOO_LARGE');
      throw transportFailure(vendor, error, request.repeatable === true);
    });
    return readAnswer(vendor, request, response);
  };
}

function timeouts(options: VendorHttpOptions): Record<string, number> {
  const connect = options.connectTimeoutMs;
  const whole = options.timeoutMs;
  return { lookup: connect, connect, secureConnect: connect, send: whole, response: whole, request: whole };
}

const neverSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ERR_INVALID_URL',
]);
const certificateCode = /^(CERT_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|UNABLE_TO_)/;
const notHttpCode = /^HPE_/;
const connectPhases = new Set(['lookup', 'connect', 'secureConnect']);

/** The message of got names the URL, which may hold a key; so it stays in the cause's code only. */
function transportFailure(vendor: Vendor, error: unknown, repeatable: boolean): VendorFailure {
  const code = error instanceof RequestError ? error.code : 'ERR_CALL';
  if (notHttpCode.test(code)) return new VendorFailure(vendor, 'garbage', code);
  const kind: VendorFailureKind = repeatable || nothingWasSent(error, code) ? 'unavailable' : 'unknown';
  return new VendorFailure(vendor, kind, code);
}

function nothingWasSent(error: unknown, code: string): boolean {
  if (!(error instanceof RequestError)) return false;
  if (neverSentCodes.has(code) || certificateCode.test(code)) return true;
  if (error instanceof TimeoutError && connectPhases.has(error.event)) return true;
  // The agents are our own, so every connection's timings are known: without them it never came to be, or never became secure.
  const isSecure = error.request?.requestUrl?.protocol === 'https:';
  return error.timings?.connect === undefined || (isSecure && error.timings.secureConnect === undefined);
}

function readAnswer(vendor: Vendor, request: VendorRequest, response: Response<Uint8Array>): VendorAnswer {
  const { statusCode: status, headers } = response;
  if (status >= 500 || status === 408 || status === 429) {
    const open: VendorFailureKind = status === 503 ? 'busy' : 'unknown';
    throw new VendorFailure(vendor, request.repeatable || status === 429 ? 'unavailable' : open, `HTTP_${status}`, {
      retryAfterMs: readRetryAfterMs(headers['retry-after']),
    });
  }
  if (status >= 300 && status < 400) throw new VendorFailure(vendor, 'garbage', `HTTP_${status}`);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new VendorFailure(vendor, 'garbage', 'CONTENT_ENCODING');
  const isExpected = new RegExp(`^(text|application)/([a-z.-]+\\+)?${request.answer}\\b`, 'i').test(headers['content-type'] ?? '');
  // A 4xx may come from a gateway in front of the vendor that answers in HTML: its status says enough.
  if (!isExpected && status < 400) throw new VendorFailure(vendor, 'garbage', 'CONTENT_TYPE');
  return { status, text: isExpected ? decodeUtf8(vendor, response.body) : '' };
}

function decodeUtf8(vendor: Vendor, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new VendorFailure(vendor, 'garbage', 'NOT_UTF8');
  }
}

/** `Retry-After` in seconds or as an HTTP date; undefined when it is missing or makes no sense. */
function readRetryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** The JSON of an answer, or `garbage`. */
export function readJson(vendor: Vendor, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new VendorFailure(vendor, 'garbage', 'NOT_JSON');
  }
}

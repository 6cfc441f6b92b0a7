// How the outside world fails. Every adapter maps what its vendor does onto one of five kinds, and every activity maps the kind onto
// "try again", "ask first" or "a person must look". The message is for engineers and never repeats what was sent or received.

export type VendorFailureKind =
  /** Nothing happened there: refused, throttled, or not reached. Safe to try again. */
  | 'unavailable'
  /** The answer is lost: it may or may not have happened. Ask by natural key before any second try. */
  | 'unknown'
  /** It asks to try later and does not say what it did before: a gateway says so too when the vendor behind it took too long. Ask as after
   *  `unknown`; the fault is not in what was sent. */
  | 'busy'
  /** The vendor understood and said no; `code` says why. Trying again changes nothing. */
  | 'rejected'
  /** The answer makes no sense: wrong shape, wrong content type, cut off. Treated like `unknown` where money moves. */
  | 'garbage';

export type Vendor = 'way4' | 'cic' | 'rekognition' | 'sms' | 'esign' | 's3';

/** One failed call to a vendor. `code` is the vendor's own code or a constant of ours (UPPER_SNAKE); `retryAfterMs` is what the vendor asked for. */
export class VendorFailure extends Error {
  override readonly name = 'VendorFailure';
  readonly vendor: Vendor;
  readonly kind: VendorFailureKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(vendor: Vendor, kind: VendorFailureKind, code: string, options: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(`${vendor}: ${kind} (${code})`, { cause: options.cause });
    this.vendor = vendor;
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True when the vendor said no, for this reason if one is given. */
export function isRejected(error: unknown, code?: string): error is VendorFailure {
  return error instanceof VendorFailure && error.kind === 'rejected' && (code === undefined || error.code === code);
}

const networkCode = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
// The driver of PostgreSQL says these in words only.
const lostInWords = /timeout exceeded when trying to connect|Connection terminated|not queryable|Query read timeout/;

/** True when the connection to the database is lost, silent or not to be had, which says nothing about what was done over it. (Vendors' network
 *  errors are not seen here: adapters make them VendorFailures.) */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && typeof error.code === 'string' && networkCode.test(error.code)) || lostInWords.test(error.message);
}

/** Something that cannot happen unless the program is wrong. */
export class InvariantFailure extends Error {
  override readonly name = 'InvariantFailure';
}

/** Throws an {@link InvariantFailure} when the condition does not hold. The message names the rule, never a value. */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new InvariantFailure(rule);
}

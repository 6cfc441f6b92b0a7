// The ids of the system. They are opaque, prefixed and ordered by time (typeid: `app_01j…`), and they name no person:
// an id may stand in a log, a URL, a queue message or a workflow id.

const prefixes = {
  merchant: 'mrc',
  apiKey: 'key',
  customer: 'cus',
  application: 'app',
  document: 'doc',
  identityCheck: 'idc',
  livenessSession: 'liv',
  creditReport: 'crp',
  decision: 'dec',
  offer: 'ofr',
  contract: 'con',
  account: 'acc',
  otpChallenge: 'otp',
  transaction: 'txn',
  outbox: 'out',
  event: 'evt',
  notification: 'ntf',
  reviewTask: 'rvt',
  reviewNote: 'rvn',
  override: 'ovr',
  approval: 'apv',
  audit: 'aud',
  consent: 'cst',
  checkoutLink: 'lnk',
  session: 'ses',
  request: 'req',
} as const;

export type IdKind = keyof typeof prefixes;

/** The three letters before the underscore of an id of this kind. */
export function idPrefix(kind: IdKind): string {
  return prefixes[kind];
}

/** True for a well-formed id of this kind: the prefix and 26 characters of base 32. Says nothing about whether it exists. */
export function isId(kind: IdKind, value: string): boolean {
  return new RegExp(`^${prefixes[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}$`).test(value);
}

/** Key of one recorded outcome: `<applicationId>:<step>:<round>`. The same step of the same round is done once, however often it is tried. */
export function stepKey(applicationId: string, step: string, round: number): string {
  return `${applicationId}:${step}:${round}`;
}

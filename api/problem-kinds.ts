// The problems that the api may answer with, each with what it means and what to do about it.

export interface ProblemKind {
  status: number;
  title: string;
  /** What to do about it, for people: the detail where nothing closer is known. */
  advice: string;
  /** True when the same request may succeed later without a change. */
  retryable?: true;
}

/** The closed list. A code is never renamed; a new one is a compatible change. */
export const problemKinds = {
  MALFORMED_BODY: {
    status: 400,
    title: 'The body cannot be read',
    advice: 'Send what the documentation of this operation shows, as well-formed JSON or form data.',
  },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    title: 'The Idempotency-Key header is missing',
    advice: 'Send an `Idempotency-Key` header, new for every intent and the same for every repeat.',
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: 'The Idempotency-Key header is not usable',
    advice: 'Send 1–255 printable ASCII characters without spaces.',
  },
  UNAUTHORIZED: {
    status: 401,
    title: 'The credentials are missing or not valid',
    advice: 'Sign in again, or send the key or token of this environment.',
  },
  LINK_NOT_VALID: { status: 401, title: 'The link is not valid any more', advice: 'Ask the shop or support for a new link.' },
  SIGNATURE_INVALID: {
    status: 401,
    title: 'The signature of the callback is not valid',
    advice: 'Sign the body as it is sent, with the shared secret and the present time.',
  },
  SCOPE_MISSING: { status: 403, title: 'The api key may not do this', advice: 'Use a key that has the scope, or have one issued.' },
  ROLE_MISSING: {
    status: 403,
    title: 'No role of yours allows this',
    advice: 'Ask somebody who has the role, or whoever looks after roles.',
  },
  CROSS_SITE: { status: 403, title: 'The request comes from another site', advice: 'Send it from the page of this api.' },
  NOT_FOUND: { status: 404, title: 'There is no such thing here', advice: 'Check the address and the id, and that it belongs to you.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not know the method', advice: 'Use a method that the header Allow names.' },
  WRONG_STATE: {
    status: 409,
    title: 'The application is not in a state for this',
    advice: 'Read the application again and do what is asked for now.',
  },
  POINT_OF_NO_RETURN: {
    status: 409,
    title: 'The purchase is being booked and cannot be stopped',
    advice: 'Wait for the outcome; a purchase that was booked is refunded, not canceled.',
  },
  OFFER_MISMATCH: {
    status: 409,
    title: 'This is not the offer that was made',
    advice: 'Read the offer again, show it, and accept the one that was shown.',
  },
  DOCUMENT_MISMATCH: {
    status: 409,
    title: 'This is not the document that was shown',
    advice: 'Read the contract again, show it, and sign the one that was shown.',
  },
  AMOUNT_MISMATCH: {
    status: 409,
    title: 'This is not the amount of the order',
    advice: 'Read the application again and approve the amount that it names.',
  },
  OTP_NOT_AWAITED: { status: 409, title: 'No one-time password is awaited', advice: 'Approve the purchase first; a code is sent then.' },
  RESENDS_SPENT: {
    status: 409,
    title: 'No further one-time password can be sent',
    advice: 'Use the last code that was sent. If it is worthless, cancel and order again.',
  },
  OTP_BEING_SENT: {
    status: 409,
    title: 'A one-time password is being sent',
    retryable: true,
    advice: 'Wait a moment, then look at the application: it says where the code went.',
  },
  OTP_SENT: { status: 409, title: 'The purchase is approved already', advice: 'Type the code of the SMS, or ask for a new one.' },
  OTP_NOT_CHECKED: {
    status: 409,
    title: 'The bank did not answer, and the one-time password was not checked',
    advice: 'Send the code again, with a new `Idempotency-Key`; if it is refused then, ask for a new one.',
  },
  OTP_BEING_CHECKED: {
    status: 409,
    title: 'Another one-time password is being checked',
    retryable: true,
    advice: 'Wait for its answer before you send another.',
  },
  TRIES_SPENT: {
    status: 409,
    title: 'Too much was tried with this application',
    advice: 'Cancel the application and order again, or call support.',
  },
  NOTHING_TO_RETRY: {
    status: 409,
    title: 'No step of the application waits or backs off',
    advice:
      'Look at the application again in a few seconds: it was tried again just now, or a first try is still under way, or it waits for somebody else.',
  },
  ANSWER_NOT_ALLOWED: {
    status: 409,
    title: 'The review task does not allow this answer',
    advice: 'Choose one of the answers that the task allows.',
  },
  ASKS_SPENT: {
    status: 409,
    title: 'The customer was asked again as often as the policy allows',
    advice: 'Decide on what there is, or cancel; a new application starts afresh.',
  },
  DEADLINE_FIXED: {
    status: 409,
    title: 'This deadline cannot be moved further',
    advice: 'Tell the customer until when they have time; when it is over, a new application starts afresh.',
  },
  DEADLINE_NOT_ALLOWED: {
    status: 409,
    title: 'The policy does not allow this deadline',
    advice: 'Choose a later time than the present deadline, within what the policy allows.',
  },
  APPROVAL_OPEN: {
    status: 409,
    title: 'Another request about it waits for a second person',
    advice: 'Have the open request confirmed or refused first.',
  },
  APPROVAL_CLOSED: {
    status: 409,
    title: 'The request is decided or has expired',
    advice: 'Look what became of it; if it is still needed, ask anew.',
  },
  SECOND_PERSON_NEEDED: {
    status: 409,
    title: 'Somebody else has to confirm this',
    advice: 'Ask a colleague who has the role to confirm it.',
  },
  LINKS_SPENT: {
    status: 429,
    title: 'Too many links were sent for this application',
    advice: 'Tell the customer to use the newest link; another one can be sent tomorrow.',
  },
  REVIEW_ANSWERED: {
    status: 409,
    title: 'The review task is answered already',
    advice: 'Read the task again: its answer stands and cannot be changed.',
  },
  REVIEW_CLAIMED: {
    status: 409,
    title: 'Somebody else works on this review task',
    advice: 'Take another task, or have this one reassigned.',
  },
  REVIEW_NOT_CLAIMED: { status: 409, title: 'You do not work on this review task', advice: 'Claim the task first.' },
  LIMIT_NOT_ALLOWED: {
    status: 409,
    title: 'This limit cannot be granted',
    advice: 'Grant at least the amount of the order and at most what the ruleset derived.',
  },
  NOTHING_TO_REPLAY: {
    status: 409,
    title: 'The parked message names no transaction of ours',
    advice: 'Discard it with a reason, and ask who sent it.',
  },
  NOTHING_TO_RENEW: {
    status: 409,
    title: 'The purchase of this parked message cannot get a new RRN',
    advice: 'Read the parked message: what became of its transaction stands there.',
  },
  PURCHASE_WITHOUT_OUTCOME: {
    status: 409,
    title: 'The purchase of this parked message has no outcome yet',
    advice: 'Replay it, or wait for the outcome, before you discard it.',
  },
  MERCHANT_REFERENCE_TAKEN: {
    status: 409,
    title: 'The merchant_reference was used for another order',
    advice: 'Use a reference of its own for every order, or read the application that has this one.',
  },
  TOO_MANY_PHOTOS: {
    status: 409,
    title: 'Too many photos were uploaded for this application',
    advice: 'Call support: a person looks at the photos there are.',
  },
  LIVENESS_NEEDED: {
    status: 409,
    title: 'The customer has to show their face to the camera first',
    advice: 'Open a liveness session and finish it, then send the photos.',
  },
  LIVENESS_NOT_ASKED: { status: 409, title: 'Liveness is not checked here', advice: 'Go on without it: send the photos.' },
  TOO_MANY_SESSIONS: {
    status: 409,
    title: 'Too many liveness sessions were opened for this application',
    advice: 'Call support: a person helps from here.',
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: 'A request with this Idempotency-Key is being worked on',
    retryable: true,
    advice: 'Repeat the request a little later to get its reply.',
  },
  VERSION_MISMATCH: { status: 412, title: 'It was changed since it was read', advice: 'Read it again, and decide on what it is now.' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large', advice: 'Send less at once.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The content type is not accepted here',
    advice: 'Send the content type that the documentation of this operation names.',
  },
  INVALID_FIELDS: { status: 422, title: 'Some fields are not valid', advice: 'Correct the fields listed in `errors`.' },
  PHOTO_REFUSED: { status: 422, title: 'A photo cannot be used', advice: 'Take the photos listed in `errors` again.' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    advice: 'Nothing was done. Use a new key for a new request.',
  },
  OTP_WRONG: { status: 422, title: 'The one-time password is wrong', advice: 'Check the code in the SMS.' },
  OTP_EXPIRED: { status: 422, title: 'The one-time password has expired', advice: 'Ask for a new code.' },
  OTP_LOCKED: { status: 422, title: 'The one-time password was entered wrongly too often', advice: 'Ask for a new code.' },
  TOO_MANY_REQUESTS: {
    status: 429,
    title: 'This was done too often',
    retryable: true,
    advice: 'Wait as long as Retry-After says, then try again.',
  },
  INTERNAL: {
    status: 500,
    title: 'Something went wrong on our side',
    advice: 'Look whether it was done before you repeat it, and quote `instance` to support.',
  },
  TEMPORARILY_UNAVAILABLE: {
    status: 503,
    title: 'This cannot be done right now',
    retryable: true,
    advice: 'Repeat the same request, with the same Idempotency-Key, after as long as Retry-After says.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

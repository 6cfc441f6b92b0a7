// Every interface to the outside world. Adapters implement them, activities use them, and one contract test per port runs against the
// sandbox and could run against the vendor. All of them throw VendorFailure (domain/failures.ts) and nothing else on purpose.

import type { LateFee } from './pricing.ts';
import type { Vnd } from './money.ts';

/** Where a call comes from, for logs and traces of the vendor. Carries no personal data. */
export interface CallContext {
  /** Application id or transaction id. */
  reference: string;
  /** Aborts the call; the adapter then throws `unavailable` if nothing was sent and `unknown` otherwise. */
  signal?: AbortSignal;
}

// ── Identity: AWS Rekognition ───────────────────────────────────────────────────────────────────────────────────────────────────

/** One face as DetectFaces reports it. Ratios are 0–1 of the image, scores 0–100, angles in degrees. */
export interface DetectedFace {
  box: { left: number; top: number; width: number; height: number };
  confidence: number;
  brightness: number;
  sharpness: number;
  yaw: number;
  pitch: number;
  roll: number;
}

export interface IdentityProvider {
  /** The faces in a JPEG or PNG, largest first; empty when there is none. Throws `rejected` for an image that the service refuses. */
  detectFaces(image: Uint8Array, call: CallContext): Promise<DetectedFace[]>;
  /** Similarity (0–100) of the largest face of the one image to the best match in the other; 0 when no face matches at all.
   *  Call it only after detectFaces proved a face in both. */
  compareFaces(source: Uint8Array, target: Uint8Array, call: CallContext): Promise<{ similarity: number }>;
  /** The lines of text in the image, top to bottom. Vietnamese diacritics are lost; digits and MRZ are what it is good for. */
  detectText(image: Uint8Array, call: CallContext): Promise<{ text: string; confidence: number }[]>;
}

/** How a liveness session stands. The provider forgets it three minutes after it was opened. */
export type LivenessReading =
  /** The camera has not started, or has not finished. */
  | { kind: 'open' }
  /** How sure the provider is that somebody is there (0–100), and the best picture of them, a JPEG; null when there was none. */
  | { kind: 'ended'; confidence: number; referenceImage: Uint8Array | null }
  /** Nothing can be said: no face, bad light, a broken stream. */
  | { kind: 'failed' }
  | { kind: 'expired' };

export interface LivenessProvider {
  /** Opens a session for one stream from a camera. The same token again opens no second one. */
  openLiveness(token: string, call: CallContext): Promise<{ sessionId: string }>;
  /** How the session stands. One that the provider does not know any more is `expired`. */
  readLiveness(sessionId: string, call: CallContext): Promise<LivenessReading>;
}

export interface CardCodeReader {
  /** The texts of the QR codes in a photo of ours (a clean JPEG); empty when there is none, null when the photo could not be looked at.
   *  Never throws: the code only confirms what the card says elsewhere. */
  read(photo: Uint8Array): Promise<string[] | null>;
}

// ── Credit bureau: CIC ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export type DebtGroup = 1 | 2 | 3 | 4 | 5;

/** What CIC knows about a person. Debt groups are the worst over all lenders (1 standard … 5 loss). */
export interface CreditReport {
  asOf: string;
  currentDebtGroup: DebtGroup;
  worstGroup12m: DebtGroup;
  lenders: {
    code: string;
    kind: 'bank' | 'financeCo' | 'card';
    outstandingVnd: Vnd;
    debtGroup: DebtGroup;
    overdueDays?: number | undefined;
  }[];
  inquiries: { d30: number; d90: number; d180: number };
  score?: { value: number; scale: string; band?: string | undefined } | undefined;
}

export type CreditReportAnswer =
  | { kind: 'pending'; inquiryId: string }
  | { kind: 'hit'; inquiryId: string; report: CreditReport }
  | { kind: 'no_hit'; inquiryId: string }
  | { kind: 'multiple_match'; inquiryId: string }
  | { kind: 'error'; inquiryId: string; code: string };

export interface CreditInquiry {
  /** Our own key. CIC bills every inquiry once per request id: a repeat returns the first inquiry. */
  requestId: string;
  subject: { nationalId: string; fullName: string; dateOfBirth: string; phone?: string };
  /** Reference of the customer's consent, kept by CIC as evidence. */
  consentId: string;
}

export interface CreditBureau {
  /** Sends an inquiry. Mostly answers `pending`; the report then comes by callback or {@link readReport}. */
  requestReport(inquiry: CreditInquiry, call: CallContext): Promise<CreditReportAnswer>;
  /** The answer of an inquiry as it is now. Reading is free. Throws `rejected` with code NOT_FOUND for an unknown inquiry. */
  readReport(inquiryId: string, call: CallContext): Promise<CreditReportAnswer>;
}

// ── Card core: WAY4 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewClient {
  /** Our own number for the person, fixed before the first try: the natural key that answers "did it happen?". */
  clientNumber: string;
  /** The application's RegNumber, unique per WAY4 application; a repeat with the same number is a duplicate, not a second client. */
  regNumber: string;
  nationalId: string;
  fullName: string;
  dateOfBirth: string;
  phone: string;
  email?: string | undefined;
  address: string;
}

export interface NewContract {
  contractNumber: string;
  clientNumber: string;
  regNumber: string;
  limitVnd: Vnd;
  /** yyyy-MM-dd */
  openedOn: string;
}

export interface CoreClient {
  clientNumber: string;
  status: 'active' | 'closed';
}

export interface CoreContract {
  contractNumber: string;
  clientNumber: string;
  status: 'active' | 'blocked' | 'closed';
  limitVnd: Vnd;
  availableVnd: Vnd;
}

export interface CorePurchase {
  /** 12 digits, ours, unique for ever. WAY4 books at most one purchase per RRN. */
  rrn: string;
  contractNumber: string;
  merchantId: string;
  merchantName: string;
  amountVnd: Vnd;
  /** Local time of the purchase, RFC 3339. */
  at: string;
}

export type CoreBooking =
  | { kind: 'posted'; rrn: string; authCode: string; availableVnd: Vnd }
  /** Refused for good: the code is WAY4's (51 limit, 14 no such contract, 5 do not honour, …). */
  | { kind: 'rejected'; rrn: string; code: string };

/** A booking with what was booked: an RRN alone does not say that it is ours. */
export type FoundBooking = CoreBooking & {
  contractNumber: string;
  amountVnd: Vnd;
  /** Only where WAY4 has taken it back. */
  reversed?: true;
};

/** What an OTP approves. A code is worth nothing for any other purchase. */
export interface OtpTerms {
  amountVnd: Vnd;
  merchantId: string;
  merchantName: string;
  contractNumber: string;
  documentSha256: string;
}

export interface OtpChallenge {
  challengeId: string;
  expiresAt: string;
  maskedPhone: string;
}

export type OtpVerdict = { kind: 'verified' } | { kind: 'wrong' } | { kind: 'expired' } | { kind: 'locked' };

export interface CardCore {
  /** Null when WAY4 does not know the number. */
  findClient(clientNumber: string, call: CallContext): Promise<CoreClient | null>;
  /** Throws `rejected` (code) on a business error, DUPLICATE included; `unknown` when the answer was lost. */
  createClient(client: NewClient, call: CallContext): Promise<CoreClient>;
  /** Closes the client. One that is closed already, or unknown, counts as closed. */
  closeClient(clientNumber: string, call: CallContext): Promise<void>;
  /** Null when WAY4 does not know the number. A `limitVnd` that is not the wanted one means half made: {@link createContract} finishes it. */
  findContract(contractNumber: string, call: CallContext): Promise<CoreContract | null>;
  /** Opens the contract and sets its limit, two changes at WAY4. Calling again goes on where a lost answer left it; DUPLICATE when both are done. */
  createContract(contract: NewContract, call: CallContext): Promise<CoreContract>;
  closeContract(contractNumber: string, call: CallContext): Promise<void>;
  /** The booking with this RRN, or null when WAY4 has none. The only way to settle a lost answer. */
  findPurchase(rrn: string, call: CallContext): Promise<FoundBooking | null>;
  /** Checks the limit and books the purchase, atomically at WAY4. A business "no" is a value; a duplicate RRN throws `rejected` with code DUPLICATE. */
  purchase(purchase: CorePurchase, call: CallContext): Promise<CoreBooking>;
  /** WAY4 makes a code, binds it to the terms and sends it to the client's phone. A repeat with the same request id returns the same challenge. */
  requestOtp(request: { requestId: string; clientNumber: string; terms: OtpTerms }, call: CallContext): Promise<OtpChallenge>;
  /** Checks a code once. Counting tries over all challenges is ours (db/otp.ts); WAY4 locks a challenge of its own accord too. */
  verifyOtp(request: { challengeId: string; code: string; terms: OtpTerms }, call: CallContext): Promise<OtpVerdict>;
}

/** One purchase as it stands in WAY4's books. */
export interface CoreDocument {
  rrn: string;
  contractNumber: string;
  amountVnd: Vnd;
  status: 'posted' | 'rejected' | 'reversed';
  /** RFC 3339. */
  bookedAt: string;
}

export interface CorePage {
  since: Date;
  rrn?: string;
  after: string | null;
  limit: number;
}

/** WAY4's books as they are read for reconciliation. */
export interface CardCoreBooks {
  /** The purchases that came from us since then, oldest first, refused ones included, one page of at most `limit`; with `rrn` only those that
   *  have it. `next` is to be given as `after` for the page that follows; null at the end. */
  listPurchases(page: CorePage, call: CallContext): Promise<{ documents: CoreDocument[]; next: string | null }>;
}

// ── Messages to the customer ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SmsMessage {
  /** Stable per notification: the gateway sends the same id once. */
  requestId: string;
  /** E.164, +84… */
  phone: string;
  /** At most 160 ASCII characters. */
  text: string;
}

export interface SmsGateway {
  /** `duplicate` when the gateway had sent this request id before: as good as accepted. */
  send(message: SmsMessage, call: CallContext): Promise<'accepted' | 'duplicate'>;
}

// ── Contract and seal ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ContractRenderer {
  /** The template that it renders today; kept with each contract, and another one is refused. */
  readonly templateVersion: string;
  /** The contract as PDF. The same terms give the same bytes, so the hash that the customer signs can be reproduced. */
  render(terms: ContractTerms): Promise<Uint8Array>;
}

export interface Instalment {
  number: number;
  /** yyyy-MM-dd, Asia/Ho_Chi_Minh */
  dueOn: string;
  principalVnd: Vnd;
  feeVnd: Vnd;
}

export interface ContractTerms {
  contractId: string;
  contractNumber: string;
  templateVersion: string;
  /** yyyy-MM-dd, Asia/Ho_Chi_Minh */
  date: string;
  customer: { fullName: string; nationalId: string; dateOfBirth: string; address: string; phone: string };
  merchantName: string;
  merchantReference: string;
  limitVnd: Vnd;
  amountVnd: Vnd;
  product: string;
  instalments: Instalment[];
  totalPayableVnd: Vnd;
  /** Annual percentage rate in percent with one decimal, e.g. 0 or 18.5. */
  aprPercent: number;
  /** What paying an instalment late costs, once; null when nothing. */
  lateFee: LateFee | null;
  offerHash: string;
}

export interface PdfSealer {
  /** Seals a finished PDF with the platform's certificate (PAdES). The result is never touched again. */
  seal(pdf: Uint8Array, seal: { reason: string; at: Date }): Promise<Uint8Array>;
}

// ── Bytes of documents ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where the bytes of documents lie, sealed before they come here. Keys name nobody. Nothing is ever changed, so every call may be repeated. */
export interface ObjectStore {
  /** Written beside each document. */
  readonly name: 'postgres' | 's3';
  /** Stores the bytes under the key. When there are some already, they stay. */
  put(key: string, content: Uint8Array): Promise<void>;
  /** Null when there are none. */
  get(key: string): Promise<Uint8Array | null>;
  /** Deletes them. None there counts as deleted. */
  remove(key: string): Promise<void>;
  /** Keys that begin so, in order, at most `limit` of those that follow `after`. */
  list(page: { prefix: string; after: string | null; limit: number }): Promise<{ key: string; storedAt: Date }[]>;
}

// Every bound of documents and identity, under the same rules as limits.ts; apart from it because they are a subject of their own.

const second = 1_000;
const minute = 60 * second;

/** Identity. */
export const identityLimits = {
  /** Our choice: three submissions, then a person looks. */
  maxAttempts: 3,
  /** Civil Code 2015, art. 20: full legal capacity; data of the younger is not even stored. */
  customerMinAgeYears: 18,
  /** Our choice: an older date of birth is a typing error. */
  customerMaxAgeYears: 120,
  /** Our choice: more in a month is a typing error. */
  incomeMaxVnd: 100_000_000_000,
  /** Rekognition takes at most 5 MB of raw bytes. */
  imageMaxBytes: 5_242_880,
  /** Guards the decoder against pixel bombs; a phone photo has 12–24 million. */
  imageMaxPixels: 40_000_000,
  /** Rekognition refuses less than 80 pixels a side. */
  imageMinSidePixels: 80,
  /** Our choice: Rekognition's face sizes are given for 1920 × 1080, and more shows nothing new on a card that fills the photo. */
  imageLongestSidePixels: 1_920,
  /** Our choice: small print survives, and 1920 × 1920 stays far below 5 MB. */
  imageJpegQuality: 90,
  /** Our choice: the largest photo takes two seconds on a busy core; a file that takes longer is no photo. */
  imageDecodeTimeoutMs: 10 * second,
  /** Our choice: a decoder starts within a quarter of a second on an idle machine. */
  imageDecoderStartMs: 10 * second,
  /** Measured: the costliest photo of a phone within imageMaxPixels, a progressive JPEG to be turned, takes 230 MB. */
  imageDecodeMaxBytes: 335_544_320,
  /** Our choice: photos that wait for the decoder; more are told to come back, before memory grows. */
  imageWaitingMax: 32,
  /** Our choice: the search for a QR code takes a few tenths of a second; it confirms only, so it is given up rather than waited for. */
  codeTimeoutMs: 5 * second,
  /** Our choice: JavaScript heap of the thread that searches, in MB; two megapixels take 8. */
  codeHeapMaxMb: 128,
  /** Our choice: a session is opened or read while the customer waits, below apiLimits.commandTimeoutMs. */
  livenessTimeoutMs: 5 * second,
  /** AWS forgets a session three minutes after it was opened. */
  livenessSessionMs: 3 * minute,
  /** Our choice: as long as an idle checkout session; whoever comes back later shows their face again. */
  livenessFreshMs: 15 * minute,
  /** Our choice: three submissions, and as many mishaps as photos may have. */
  livenessSessionsMax: 10,
  /** Our choice: the largest object is put within a second; the photos of a form wait for it. */
  s3TimeoutMs: 5 * second,
  /** Our choice: twice the largest photo; contracts are a few hundred KB. */
  objectMaxBytes: 10_485_760,
  /** Our choice: long enough to open a photo and look, too short to pass the link on. */
  documentLinkMs: 2 * minute,
  /** Our choice: a customer who complains does so within a month; then the photos of an application that came to nothing are deleted. */
  photosKeptMs: 30 * 86_400_000,
  /** Our choice: much longer than any step between an object and its row. */
  orphanMinAgeMs: 86_400_000,
  /** S3 lists at most a thousand keys at once. */
  orphansListed: 1_000,
  /** Our choice: one commit of the deletion. */
  photosDeletedAtOnce: 300,
} as const;

/** When what is not needed any more is deleted. */
export const retentionRhythm = {
  /** Our choice: what is kept in days is looked at once a day. */
  everyMs: 86_400_000,
  /** Our choice: from midnight UTC; three in the morning in Vietnam, when nobody waits for a photo. */
  offsetMs: 20 * 3_600_000,
  /** Our choice: a run that was missed is made up for on the same day. */
  catchUpMs: 20 * 3_600_000,
} as const;

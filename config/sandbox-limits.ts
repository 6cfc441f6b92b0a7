// Every time-out and size of the simulated vendors, under the same rules as limits.ts; apart from it because none of them bounds anything
// in production.

const second = 1_000;

/** The simulated vendors. */
export const sandboxLimits = {
  /** Our choice: longer than every vendor time-out above but Rekognition's, so that "slow" means "given up". */
  slowMs: 8 * second,
  /** Our choice: CIC is prompt in the demo, and still answers later than the inquiry. */
  reportDelayMs: 800,
  /** Our choice: idle polling for callbacks that are due. */
  callbackPollMs: 200,
  /** Our choice: then only polling brings the report. */
  callbackMaxTries: 5,
  /** Our choice: one claim. */
  callbackBatch: 20,
  /** Our choice: the api answers a callback within a second. */
  callbackTimeoutMs: 5 * second,
  /** Our choice: pictures that wait for the models before the simulator answers that it is throttling. */
  visionQueueMax: 32,
  /** Our choice: what was seen in a picture is a few KB; the same one is looked at by two or three operations in a row. */
  visionRememberedPictures: 128,
  /** Our choice: JavaScript heap of the thread with the models in MB; the models themselves live outside it. */
  visionHeapMaxMb: 512,
  /** Two images of 5 MB in base64 and their envelope. */
  bodyMaxBytes: 16_777_216,
  /** AWS takes a signature within five minutes of its own clock. */
  signatureSkewMs: 300 * second,
  /** Our choice: calls that are being answered may end; one that is ordered to be slow need not. */
  drainMs: second,
  /** Our choice: long enough to try things by hand, short enough that a test of expiry is no fiction. */
  staffTokenSeconds: 900,
  /** Our choice: the longest list in a summary of the sandbox's state. */
  stateMaxRows: 1_000,
} as const;

// Every time-out, retry, size and grace period of the system, each with its unit in the name and its source in the comment.
// A number that bounds something stands here (or in staff-limits.ts, reconciliation-limits.ts or sandbox-limits.ts) and nowhere else; test/laws.test.ts checks that each says its source.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Calls to vendors. */
export const vendorLimits = {
  /** Our choice: a vendor that does not take a connection within this is not there; nothing was sent, so trying again is safe. */
  connectTimeoutMs: 2 * second,
  /** Our choice: WAY4 answers within a second; past this the answer counts as lost. */
  way4TimeoutMs: 5 * second,
  /** Our choice: an inquiry is only accepted here, the report comes later. */
  cicTimeoutMs: 5 * second,
  /** Our choice: the service answers in 1–2 s; the local models need up to 3 s on two cores. */
  rekognitionTimeoutMs: 20 * second,
  /** Our choice: SMS hand-off is to take less than 5 s. */
  smsTimeoutMs: 5 * second,
  /** Our choice: contracts made or sealed at half a second each; who comes later tries again before a step's time is up. */
  papersMaxWaiting: 12,
  /** Our choice: no vendor answer of this system is near it; a larger one is garbage. */
  answerMaxBytes: 1_048_576,
} as const;

/** How long each wait for a person or a vendor may last before the application expires. */
export const deadlines = {
  /** Our choice: a shopping basket is seldom older than a day. */
  basicInfoMs: day,
  /** Our choice: as above; the customer may have to fetch the card. */
  identityMs: day,
  /** Reference product: "pending, we will notify"; CIC outages last hours, then a reviewer decides. */
  creditReportMs: 2 * hour,
  /** Our choice: staff work in shifts; two working days. */
  reviewMs: 2 * day,
  /** Our choice: prices and the bureau report are fresh for a day. */
  offerMs: day,
  /** Our choice: as long as the offer. */
  signatureMs: day,
  /** Our choice: the signed contract waits this long for the purchase. */
  approvalMs: day,
} as const;

/** One-time passwords. */
export const otpLimits = {
  /** SBV Circular 50/2024: an SMS OTP lives at most 5 minutes. */
  lifetimeMs: 3 * minute,
  /** Our choice, within OWASP's five tries per challenge. */
  maxAttempts: 5,
  /** Our choice: twice as many, for guesses that the bank could not evaluate. */
  maxGuesses: 10,
  /** Our choice: an SMS takes seconds; whoever asks for a third code sooner wants the second. */
  resendRestMs: 10 * second,
  /** Our choice: first code and two more. */
  maxChallenges: 3,
  /** Our choice: a guess that was sent in the last second is still answered. */
  graceMs: 15 * second,
} as const;

/** Decisions. */
export const decisionLimits = {
  /** Our choice, well within the 30 days of the ruleset: a week in which a loan elsewhere would not show, against a second bill. */
  reportReuseMs: 7 * day,
  /** Our choice: ten times what an evaluation takes at its slowest; a challenger that needs longer is not worth waiting for. */
  challengerBudgetMs: 20,
  /** Our choice: records that a replay or a backtest reads at once; a few MB. */
  pageRows: 1_000,
  /** Our choice: a challenger that nobody looks at for a quarter is forgotten, not tested. */
  challengerMaxDays: 92,
} as const;

/** The merchant and checkout API. */
export const apiLimits = {
  /** Our choice: an application with its items is a few KB. */
  jsonMaxBytes: 65_536,
  /** Our choice: longer than any vendor call behind a command, shorter than a browser's patience. */
  commandTimeoutMs: 15 * second,
  /** Our choice: a run hears of a stored step within milliseconds; on a busy machine within seconds. */
  catchUpMs: 5 * second,
  /** Our choice: pause before a command is sent again to a run that is behind. */
  catchUpPauseMs: 100,
  /** IETF draft: lifetime is published; peers in Vietnam keep 7 to 31 days. The longest, for then no application is waited for any more. */
  idempotencyKeptMs: 31 * day,
  /** Our choice: keys deleted in one commit, which takes milliseconds. */
  keysDeletedAtOnce: 1_000,
  /** Our choice: the link is opened from the shop at once. */
  checkoutLinkMs: day,
  /** Reference: idle 15 minutes. */
  sessionIdleMs: 15 * minute,
  /** Reference: absolute 60 minutes. */
  sessionMaxMs: 60 * minute,
  /** Our choice: a page of a list. */
  pageMaxRows: 100,
  /** Our choice: parked messages that one request replays; a commit each, within commandTimeoutMs. */
  replayMaxMessages: 100,
  /** Our choice: below it the instalments are not worth the work. */
  orderMinVnd: 100_000,
  /** Our choice: the highest limit of the product. */
  orderMaxVnd: 50_000_000,
  /** Our choice: items only inform the customer and the reviewer. */
  orderMaxItems: 100,
  /** Our choice, as at peers: 50 entries, keys of 40 and values of 500 characters. */
  metadataMaxEntries: 50,
  /** Our choice: the parts of a multipart form around the photos. */
  formOverheadBytes: 65_536,
  /** Our choice: forms with photos that one process reads at once; each holds one raw photo and up to three that were read. */
  photoFormsMax: 16,
  /** Our choice: a form has three photos; the rest is a mistake, which is still named. */
  formMaxParts: 10,
  /** Our choice: photos kept per kind and application; three submissions and as many mishaps. */
  photosMaxPerKind: 10,
  /** Our choice: several times what the longest application leaves behind. */
  timelineMaxEntries: 500,
  /** Our choice: one write per key and minute says enough about its use. */
  keyLastUsedStepSeconds: 60,
  /** Our choice: a client that needs longer to send its headers is none. */
  headersTimeoutMs: 10 * second,
  /** Our choice: 15 MB of photos over a slow mobile network (1 Mbit/s). */
  requestTimeoutMs: 120 * second,
  /** Our choice: what a client is told to wait before it tries again. */
  retryAfterSeconds: 2,
  /** Our choice: readiness is 503 for this long before the port closes, so that a balancer notices; only in production. */
  deregisterMs: 5 * second,
  /** Our choice: requests under way get this long at shutdown; longer than a command may take. */
  drainMs: 20 * second,
} as const;

/** PostgreSQL. */
export const databaseLimits = {
  /** Our choice: no statement of ours needs a second. */
  statementTimeoutMs: 5 * second,
  /** Our choice: shorter than the statement time-out, so that a lock shows as a lock. */
  lockTimeoutMs: 3 * second,
  /** Longer than any statement may take: an answer that is still not there will not come, the connection is dead. */
  queryTimeoutMs: 10 * second,
  /** A relay that freezes while it holds rows gives them back after this. */
  idleInTransactionTimeoutMs: 60 * second,
  /** pg's default waits for ever. */
  connectTimeoutMs: 5 * second,
  /** Our choice: concurrency of a process plus two. */
  poolSize: 10,
} as const;

/** The hand-off through RabbitMQ. */
export const deliveryLimits = {
  /** RabbitMQ: 5–20 s is best; a consumer that hangs is found in two to three heartbeats. */
  heartbeatSeconds: 10,
  /** Three heartbeats, by which a dead connection is found; longer where a process has a longer heartbeat (workers/broker.ts). */
  confirmTimeoutMs: 30 * second,
  /** Our choice: one claim of the relay. */
  relayBatch: 100,
  /** Our choice: idle polling of the outbox. */
  relayPollMs: 250,
  /** Our choice: transactions handled at once by one consumer. */
  consumerConcurrency: 8,
  /** Rule: prefetch is twice the concurrency. */
  consumerPrefetch: 16,
  /** RabbitMQ 4's default, set explicitly because 3.10 has none. */
  queueDeliveryLimit: 20,
  /** Our choice: attempts that reach the core, counted in PostgreSQL; then a person looks. */
  maxAttempts: 12,
  /** Delay queues for a transient failure. */
  retryDelaysMs: [5 * second, 30 * second, 5 * minute],
  /** Our choice: an accepted transaction without outcome for this long is published again. */
  sweepAfterMs: 2 * minute,
  /** The same while the work queue is empty: longer than a consumer keeps what it has fetched waiting, and nobody else can have the message. */
  sweepAfterEmptyMs: 20 * second,
  /** Our choice: drained well before Kubernetes kills (60 s). */
  drainMs: 45 * second,
  /** A drain waits for confirms so long: longer than an attempt (claimLeaseMs), an inquiry (way4TimeoutMs) and a statement (queryTimeoutMs). */
  drainConfirmMs: 35 * second,
  /** Time in which a request of an attempt may still reach the core: inquiry, purchase, and as much again in reserve (way4TimeoutMs). */
  claimLeaseMs: 15 * second,
  /** Attempts that wait for the first and the second delay, later ones for the last: an outage of minutes is over within half a minute. */
  attemptsPerDelay: [6, 10],
  /** Longer than the one call that is made inside a transaction (noticeTimeoutMs); a pool that freezes gives its rows back after this. */
  poolIdleInTransactionMs: 10 * second,
  /** Our choice: the outbox is the real buffer; a full queue refuses and the message stays there. */
  queueMaxMessages: 100_000,
  /** RabbitMQ's measurements: nothing is gained past 1,000 in flight. */
  maxUnconfirmed: 1_000,
  /** Our choice: longer is no answer. */
  brokerConnectTimeoutMs: 5 * second,
  /** Our choice: a broker that hangs does not hold up a shutdown. */
  brokerCloseTimeoutMs: 2 * second,
  /** First wait before a reconnect, doubled with each failure and jittered. */
  reconnectBaseMs: 100,
  /** Our choice: a broker that is back is found within this. */
  reconnectMaxMs: 5 * second,
  /** Our choice: a queue that is being declared takes milliseconds to start; one that has not after this never will, and is declared anew. */
  hollowQueueMs: 3 * second,
  /** Our choice: a leader is elected in a few seconds; a queue that answers nothing for so long is declared anew. */
  silentQueueMs: 20 * second,
  /** Our choice: a queue that works answers a look in milliseconds. */
  queueLookTimeoutMs: 2 * second,
  /** Our choice: claims of one relay under way at once, so that one is confirmed while another is read. */
  relayLanes: 3,
  /** Our choice: a message that was returned or refused is published again after this. */
  relayRetryMs: 2 * second,
  /** Our choice: how often the sweeper looks. */
  sweepEveryMs: 10 * second,
  /** Our choice: one sweep. */
  sweepBatch: 500,
  /** Our choice: published messages are kept this long as evidence. */
  outboxKeptMs: 7 * day,
  /** Our choice: idle polling of outcomes that workflows have to hear of. */
  noticePollMs: 250,
  /** Our choice: one claim, told at once. */
  noticeBatch: 20,
  /** Our choice: Temporal answers a signal within milliseconds; past this it is told again. */
  noticeTimeoutMs: 5 * second,
  /** Our choice: wait before an outcome that Temporal did not take is told again. */
  noticeRetryMs: 2 * second,
  /** Our messages have 160 bytes; a longer one is not ours: it is not read, and only its start is kept. */
  messageMaxBytes: 4_096,
  /** Our choice: wait before a parked message is written again when the database did not take it. */
  parkRetryMs: second,
  /** Our choice: a replay of thousands leaves room for the purchases of the moment. */
  replayPerSecond: 20,
} as const;

/** The same limits with other values, for tests and measurements. */
export type DeliveryLimits = {
  -readonly [Name in keyof typeof deliveryLimits]: (typeof deliveryLimits)[Name] extends number ? number : readonly number[];
};

/** How long Kubernetes waits after SIGTERM before it kills: terminationGracePeriodSeconds in infra/k8s/, which a test compares. */
export const graceLimits = {
  /** Longer than the drain (deliveryLimits.drainMs), which ends by itself. */
  transactionsSeconds: 60,
  /** Longer than the drain (deliveryLimits.drainMs). */
  relaySeconds: 60,
  /** Longer than the hard end of the workers (temporalLimits.shutdownForceMs). */
  applicationsSeconds: 60,
  /** Longer than leaving the balancer and the drain after it (apiLimits.deregisterMs, apiLimits.drainMs). */
  apiSeconds: 35,
  /** Longer than the drain (notificationLimits.drainMs). */
  notificationsSeconds: 30,
  /** Our choice: what is left between the end of a drain and the kill, so that the last lines of a log get out. */
  slackSeconds: 5,
} as const;

/** Temporal. */
export const temporalLimits = {
  /** Faster recovery after a worker crash than the default of 10 s. */
  stickyTimeoutMs: 2 * second,
  /** Our choice: about 1 MB each. */
  maxCachedWorkflows: 500,
  /** Half of where Temporal begins to warn (10,240 events); a day of everything that can go wrong has fewer. From here on only staff reach a run. */
  maxEvents: 5_000,
  /** Temporal takes ten updates of a run at once (history.maxInFlightUpdates): four of customer and shop, four of staff, two in reserve. */
  commandsAtOnce: 4,
  /** Attempts of a vendor step before the application is in need of attention. */
  vendorAttempts: 6,
  /** First back-off of a vendor step; it triples (workflows/activity-plans.ts), so that six tries span half a minute. */
  vendorBackoffMs: 250,
  /** Longest back-off of a vendor step. */
  vendorBackoffMaxMs: 30 * second,
  /** Drain of a worker on SIGTERM. */
  shutdownGraceMs: 20 * second,
  /** Hard end of a worker that does not drain. */
  shutdownForceMs: 45 * second,
  /** A fifth of what Temporal waits for one before it takes the step for lost (lostAfterMs in workflows/activity-plans.ts). */
  heartbeatMs: 400,
  /** SDK default, fixed here: workflow tasks under way at once in one process. */
  workflowTaskSlots: 40,
  /** Twice the connections to PostgreSQL (databaseLimits.poolSize), since quick steps at vendors need none while they wait. */
  localActivitySlots: 20,
  /** Our choice: what one worker runs at once, by task queue: what is scheduled, and vendor steps; the local face models take one at a time anyway. */
  activitySlots: { applications: 4, identity: 4, bureau: 10, 'card-core': 20 },
  /** Our choice: pause between tries to reach Temporal, at start and after it was away. */
  connectRetryMs: second,
  /** Poll of the database when the signal that a transaction is settled does not come. */
  settledPollMs: 30 * second,
  /** Poll of CIC when its callback does not come. */
  reportPollMs: 20 * second,
} as const;

/** SMS to customers. */
export const notificationLimits = {
  /** Our choice: idle polling. */
  pollMs: 500,
  /** Our choice: one claim. */
  batch: 20,
  /** Our choice: then staff see it as failed. */
  maxAttempts: 8,
  /** First back-off, doubled with each try. */
  backoffMs: 2 * second,
  /** Our choice: a sender that died gives its messages back after this; longer than a call to the gateway. */
  leaseMs: 30 * second,
  /** Our choice: time enough to finish an application on the same evening. */
  reminderLeadMs: 4 * hour,
  /** Our choice: far longer than the steps of one wait are apart, far shorter than anybody moves a deadline. */
  sameDeadlineMs: minute,
  /** Our choice: a reminder may come half a minute late. */
  deadlinePollMs: 30 * second,
  /** Our choice: one batch of calls. */
  drainMs: 15 * second,
} as const;

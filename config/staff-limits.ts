// Bounds of what staff may do and of what they are asked, as config/limits.ts has them for the rest.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const staffLimits = {
  /** Our choice: acts on one application that wait for its row in one process; more than people press, few enough to be through within a second. */
  commandsAtOnce: 32,
  /** Our choice: who was asked for data or photos three times more will not find them the fourth time. */
  asksMax: 3,
  /** Our choice: a step that was tried again is let be for as long as a healthy vendor may need; of many who press the button one is enough. */
  retryRestMs: 5 * second,
  /** Our choice: how far in all a deadline may be moved; past that a new application with fresh data is better. */
  extensionMaxMs: 3 * day,
  /** Our choice: a customer who waits for a person hears within a working day; the application itself waits longer (deadlines.reviewMs). */
  reviewDueMs: 8 * hour,
  /** Our choice: books that differ are understood before the next day is closed. */
  breakDueMs: day,
  /** Our choice: a task that was put aside comes back to the queue before the customer notices. */
  reviewLeaseMs: 15 * minute,
  /** Our choice: an application whose deadline is nearer than this is expiring; time enough to call the customer. */
  expiringMs: 2 * hour,
  /** Our choice: a run ends an expired application at once; after minutes it is not slow, it cannot go on. */
  overdueMs: 5 * minute,
  /** Our choice: how often the gauges of the queues are set; Prometheus asks every 15 to 60 seconds. */
  gaugeEveryMs: 30 * second,
  /** The longest that anything of ours waits without asking staff: an outage of CIC (deadlines.creditReportMs). */
  stalledMs: 2 * hour,
  /** Our choice: payloads that one look at a run opens; our longest history has half as many. */
  decodeMaxPayloads: 500,
  /** Our choice: as many payloads of an ordinary size. */
  decodeMaxBytes: 1_048_576,
  /** Our choice: looks at runs of one member of staff in an hour, as the audit log counts them; the UI makes up to forty of one run. */
  decodesMax: 1_200,
  /** Our choice: what one search shows; whoever finds more asks more precisely. */
  searchMaxRows: 50,
  /** Our choice: searches of one member of staff in an hour; more is not a search for one customer. */
  searchesMax: 300,
  /** Our choice: unmasked customers of one member of staff in an hour; a busy day at the telephone has fewer. */
  unmasksMax: 30,
  /** Our choice: links to documents of one member of staff in the period; a reviewer opens three or four for each of twenty cases. */
  documentLinksMax: 100,
  /** Our choice: bulk retries of one member of staff in an hour; an outage needs a few. */
  bulkRetriesMax: 20,
  /** The period of the numbers above that count acts of one member of staff. */
  periodMs: hour,
  /** Our choice: applications that one bulk retry touches; a command each, within the time-out of a request. */
  bulkRetryMaxApplications: 100,
  /** Our choice: commands of one bulk retry under way at once; a stampede on a vendor that has just come back helps nobody. */
  bulkRetryAtOnce: 5,
  /** Our choice: how long a page about an application waits for what only Temporal knows. */
  runLookMs: second,
  /** Our choice: a request that nobody confirmed within a day is asked anew, on what is known then. */
  approvalMs: day,
  /** Our choice: longer than a confirmation can be on its way, so that another person repeats only what nobody works on. */
  approvalInFlightMs: minute,
  /** Our choice: half of what the largest order takes; above it a reviewer does not decide against the ruleset alone. */
  overrideMaxVnd: 10_000_000,
  /** Our choice: a handful is looked at one by one; more may repeat one mistake many times. */
  replayMaxMessages: 10,
  /** Our choice: the time in which several replays of one person count together. */
  replayCountedMs: hour,
  /** Our choice: whoever needs more links in a day has another problem. */
  linksMaxPerDay: 5,
  /** Our choice: an SMS takes up to a minute, and a link that follows sooner only ends the one that is on its way. */
  linkRestMs: minute,
} as const;

/** Access tokens of staff. */
export const staffTokenLimits = {
  /** Our choice: a role that is taken away is gone within an hour, however long the provider makes its tokens. */
  maxAgeSeconds: 3_600,
  /** Our choice: clocks that are kept in time differ by less. */
  clockSkewSeconds: 10,
  /** Our choice: the provider's keys are a small file. */
  keysTimeoutMs: 3 * second,
  /** Our choice: a key that was withdrawn is forgotten after this. */
  keysKeptMs: 10 * minute,
  /** Our choice: keys are fetched for an unknown key id at most this often, whoever makes key ids up. */
  keysCooldownMs: 5 * second,
} as const;

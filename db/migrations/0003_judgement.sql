-- What the lender found out and decided: identity checks, credit reports, decisions, offers and questions to reviewers.
-- Additive: older code does not read these tables.
-- Up Migration

create table identity_checks (
  id             text primary key,
  application_id text not null references applications,
  round          integer not null,
  kind           text not null,
  verdict        text not null check (verdict in ('pass', 'fail', 'inconclusive', 'error')),
  scores         jsonb not null default '{}',
  reason_codes   text[] not null default '{}',
  input_sha256   text[] not null default '{}',
  provider       text not null,
  policy_version text not null,
  duration_ms    integer not null,
  created_at     timestamptz not null default now(),
  unique (application_id, round, kind)
);

create table credit_reports (
  id             text primary key,
  application_id text not null references applications,
  -- Our key at CIC: every inquiry is billed once per request id.
  request_id     text not null unique,
  inquiry_id     text unique,
  consent_id     text not null references consents,
  outcome        text not null default 'PENDING' check (outcome in ('PENDING', 'HIT', 'NO_HIT', 'MULTIPLE_MATCH', 'UNAVAILABLE')),
  -- The report as JSON, encrypted; null without a HIT.
  report         bytea,
  requested_at   timestamptz not null default now(),
  answered_at    timestamptz
);
create index credit_reports_of on credit_reports (application_id);

-- Append-only. `record_hash` covers the row and the hash before it, so that a changed or missing row shows.
create table decisions (
  id              text primary key,
  application_id  text not null references applications,
  round           integer not null,
  ruleset_id      text not null,
  ruleset_version text not null,
  ruleset_sha256  text not null,
  -- The frozen features, encrypted; its hash is over the canonical JSON in the clear.
  snapshot        bytea not null,
  snapshot_sha256 text not null,
  outcome         text not null check (outcome in ('approved', 'referred', 'declined')),
  limit_vnd       bigint check (limit_vnd > 0),
  reasons         text[] not null default '{}',
  result          jsonb not null,
  previous_hash   text,
  record_hash     text not null,
  decided_at      timestamptz not null,
  unique (application_id, round)
);

create table offers (
  id             text primary key,
  application_id text not null references applications,
  decision_id    text not null references decisions,
  limit_vnd      bigint not null check (limit_vnd > 0),
  amount_vnd     bigint not null check (amount_vnd > 0),
  product        text not null,
  content        jsonb not null,
  -- SHA-256 of the canonical content: what the customer sees, accepts and signs is this and nothing else.
  hash           text not null,
  expires_at     timestamptz not null,
  accepted_at    timestamptz,
  created_at     timestamptz not null default now(),
  unique (application_id, hash)
);

-- A question to staff with allowed answers. `version` guards against two reviewers answering at once.
create table review_tasks (
  id             text primary key,
  application_id text not null references applications,
  question       text not null,
  allowed        text[] not null,
  reasons        text[] not null default '{}',
  due_at         timestamptz not null,
  answer         text,
  answered_by    text,
  answered_at    timestamptz,
  version        integer not null default 1,
  created_at     timestamptz not null default now()
);
create unique index review_tasks_open on review_tasks (application_id) where answer is null;

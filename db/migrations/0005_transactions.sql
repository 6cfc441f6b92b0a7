-- The hand-off of money: a transaction and its outbox row are written in one commit; everything after that may be repeated.
-- Additive: older code does not read these tables.
-- Up Migration

-- 12 digits, ours, never reused: the natural key of a booking at WAY4.
create sequence rrn as bigint minvalue 1 maxvalue 999999999999;

create table transactions (
  id              text primary key,
  application_id  text not null references applications,
  merchant_id     text not null references merchants,
  kind            text not null check (kind in ('purchase', 'authorization', 'capture', 'void', 'refund')),
  -- What asked for it: one transaction per business intent, however often it is asked.
  intent_key      text not null unique,
  contract_number text not null,
  amount_vnd      bigint not null check (amount_vnd > 0),
  rrn             text not null unique default lpad(nextval('rrn')::text, 12, '0') check (rrn ~ '^[0-9]{12}$'),
  status          text not null default 'accepted' check (status in ('accepted', 'posted', 'rejected')),
  auth_code       text,
  response_code   text,
  -- Attempts that may have reached WAY4: raised in a commit of its own before the first byte is sent.
  attempts        integer not null default 0,
  -- Fencing: a handler owns the transaction while its number is the newest; an older one may not write.
  claim           bigint not null default 0,
  claimed_until   timestamptz,
  accepted_at     timestamptz not null default now(),
  settled_at      timestamptz,
  check ((status = 'accepted') = (settled_at is null))
);
create index transactions_without_outcome on transactions (accepted_at) where status = 'accepted';
create index transactions_of on transactions (application_id);

-- Messages to be published. A row counts as published only after the broker's confirm and no return.
create table outbox (
  id             bigint generated always as identity primary key,
  message_id     text not null unique,
  transaction_id text not null references transactions,
  body           jsonb not null,
  available_at   timestamptz not null default now(),
  publishes      integer not null default 0,
  published_at   timestamptz,
  created_at     timestamptz not null default now()
);
create index outbox_due on outbox (available_at, id) where published_at is null;

-- Workflows that have to hear of an outcome: written in the commit of the outcome, deleted when Temporal took the signal.
create table outcome_notices (
  transaction_id text primary key references transactions,
  available_at   timestamptz not null default now(),
  attempts       integer not null default 0,
  created_at     timestamptz not null default now()
);

-- Messages that nobody could handle, kept for people.
create table parked_messages (
  id             bigint generated always as identity primary key,
  message_id     text not null unique,
  transaction_id text,
  reason         text not null,
  first_error    text not null,
  last_error     text not null,
  body           bytea not null,
  headers        jsonb not null default '{}',
  parked_at      timestamptz not null default now(),
  resolved_at    timestamptz,
  resolution     text check (resolution in ('replayed', 'discarded'))
);

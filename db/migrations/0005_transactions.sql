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
  -- Attempts that may have reached WAY4: raised in a commit of its own before the first byte is sent, never lowered.
  -- More than one means: ask WAY4 by RRN before anything is sent again.
  attempts        integer not null default 0,
  -- Attempts left until a person looks; given back when WAY4 was provably not reached, refilled by a replay.
  tries_left      integer not null check (tries_left >= 0),
  -- Fencing: a handler owns the transaction while its number is the newest; an older one may not write.
  claim           bigint not null default 0,
  -- By the clock of this database: until then a request of the owner may still reach WAY4, so nobody else may claim.
  claimed_until   timestamptz,
  -- When a failed attempt is to be repeated; the sweeper leaves the transaction alone until then.
  retry_at        timestamptz,
  -- Codes of the first and the latest failure; never a message of a vendor.
  first_error     text,
  last_error      text,
  accepted_at     timestamptz not null default now(),
  settled_at      timestamptz,
  check ((status = 'accepted') = (settled_at is null))
);
create index transactions_without_outcome on transactions (accepted_at) where status = 'accepted';
create index transactions_of on transactions (application_id);

-- What was accepted is what is booked, and an outcome is final: the last word is here, not in a worker's code.
create function keep_transaction() returns trigger language plpgsql as $$
begin
  if old.status <> 'accepted' then
    raise exception 'a settled transaction never changes' using errcode = 'integrity_constraint_violation';
  end if;
  if (new.id, new.application_id, new.merchant_id, new.kind, new.intent_key, new.contract_number, new.amount_vnd, new.rrn)
     is distinct from
     (old.id, old.application_id, old.merchant_id, old.kind, old.intent_key, old.contract_number, old.amount_vnd, old.rrn) then
    raise exception 'the terms of a transaction never change' using errcode = 'integrity_constraint_violation';
  end if;
  if new.claim < old.claim or new.attempts < old.attempts then
    raise exception 'claims and attempts only rise' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger transactions_keep before update on transactions for each row execute function keep_transaction();

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
create index outbox_of on outbox (transaction_id, published_at);

-- Workflows that have to hear of an outcome: written in the commit of the outcome, deleted when Temporal took the signal.
create table outcome_notices (
  transaction_id text primary key references transactions,
  available_at   timestamptz not null default now(),
  attempts       integer not null default 0,
  created_at     timestamptz not null default now()
);
create index outcome_notices_due on outcome_notices (available_at);

-- Messages that nobody could handle, kept for people. Every message id is parked once; a replay is a new message.
create table parked_messages (
  id             bigint generated always as identity primary key,
  message_id     text not null unique,
  -- What the message says, which may be nothing we know; so no reference.
  transaction_id text,
  reason         text not null,
  first_error    text not null,
  last_error     text not null,
  body           bytea not null,
  headers        jsonb not null default '{}',
  parked_at      timestamptz not null default now(),
  resolved_at    timestamptz,
  resolution     text check (resolution in ('replayed', 'discarded')),
  resolved_by    text,
  resolution_reason text,
  check ((resolved_at is null) = (resolution is null))
);
create index parked_messages_open on parked_messages (parked_at, id) where resolved_at is null;
create index parked_messages_of on parked_messages (transaction_id);

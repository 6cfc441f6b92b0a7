-- Applications, the people who make them, how they reach the checkout, and the recorded outcome of every step.
-- Additive: older code does not read these tables.
-- Up Migration

-- One row per application, not per person: what somebody types is only a statement until their identity is verified, and a
-- statement must never overwrite what another application proved. The indexes (keyed hashes) find a person across rows.
create table customers (
  id                text primary key,
  phone_index       bytea not null,
  national_id_index bytea,
  -- AES-256-GCM over the profile as JSON; associated data is table, column and row id.
  profile           bytea not null,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);
create index customers_phone_index on customers (phone_index);
create index customers_national_id_index on customers (national_id_index) where national_id_index is not null;

create table applications (
  id                 text primary key,
  merchant_id        text not null references merchants,
  merchant_reference text not null check (length(merchant_reference) between 1 and 64),
  customer_id        text not null unique references customers,
  amount_vnd         bigint not null check (amount_vnd > 0),
  items              jsonb not null default '[]',
  metadata           jsonb not null default '{}',
  language           text not null default 'vi' check (language in ('vi', 'en')),
  return_url         text,
  cancel_url         text,
  status             text not null default 'created' check (status in (
                       'created', 'in_progress', 'in_review', 'offer_ready', 'awaiting_signature', 'awaiting_approval',
                       'settling', 'completed', 'declined', 'canceled', 'expired', 'failed')),
  step               text not null default 'basicInfo',
  -- Rises by one with every change that a reader can see; the strong ETag of the api.
  version            integer not null default 1,
  reasons            text[] not null default '{}',
  canceled_by        text check (canceled_by in ('customer', 'merchant', 'operations')),
  -- The step that waits for staff and why: {step, code, since, attempts}; null when all is well.
  attention          jsonb,
  -- Until when the current step waits; null when it waits for nobody.
  deadline_at        timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  unique (merchant_id, merchant_reference)
);
create index applications_by_merchant on applications (merchant_id, created_at desc, id desc);
create index applications_in_need on applications (updated_at) where attention is not null;
create index applications_by_status on applications (status, created_at desc);

-- The outcome of a step, written in the commit of its effects. The same key again returns this outcome and does nothing.
create table application_steps (
  key            text primary key,
  application_id text not null references applications,
  step           text not null,
  round          integer not null,
  outcome        jsonb not null,
  created_at     timestamptz not null default now()
);
create index application_steps_of on application_steps (application_id, created_at);

-- One-time links into the checkout, and the sessions they were exchanged for. Only hashes of the tokens are kept.
create table checkout_links (
  id             text primary key,
  application_id text not null references applications,
  token_hash     bytea not null unique,
  expires_at     timestamptz not null,
  used_at        timestamptz,
  created_at     timestamptz not null default now()
);

create table checkout_sessions (
  id             text primary key,
  application_id text not null references applications,
  token_hash     bytea not null unique,
  last_seen_at   timestamptz not null default now(),
  expires_at     timestamptz not null,
  created_at     timestamptz not null default now()
);

-- What the customer agreed to: which text, in which version, when, through which channel. Never changed.
create table consents (
  id             text primary key,
  application_id text not null references applications,
  kind           text not null check (kind in ('data_processing', 'credit_bureau', 'biometric', 'contract')),
  text_version   text not null,
  text_sha256    text not null,
  language       text not null check (language in ('vi', 'en')),
  channel        text not null,
  granted_at     timestamptz not null default now(),
  unique (application_id, kind, text_version)
);

-- Photos and PDFs, encrypted; associated data is table, column and row id.
create table documents (
  id             text primary key,
  application_id text not null references applications,
  kind           text not null check (kind in ('id_front', 'id_back', 'selfie', 'contract', 'sealed_contract')),
  media_type     text not null,
  sha256         text not null,
  size_bytes     integer not null check (size_bytes > 0),
  content        bytea not null,
  created_at     timestamptz not null default now()
);
create index documents_of on documents (application_id, kind, created_at desc);

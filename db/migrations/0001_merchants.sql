-- Merchants, their keys, and the stored replies of their money-moving calls.
-- First migration: no older code runs.
-- Up Migration

create table merchants (
  id          text primary key,
  name        text not null check (length(name) between 1 and 100),
  created_at  timestamptz not null default now()
);

-- A key is shown once. Only its hash is kept; `lookup` is the public part that finds the row.
create table api_keys (
  id           text primary key,
  merchant_id  text not null references merchants,
  lookup       text not null unique,
  secret_hash  bytea not null,
  scopes       text[] not null,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz
);

-- One row per merchant, operation and key. `status` is null while the first call is still in flight.
create table idempotency_keys (
  merchant_id text not null references merchants,
  operation   text not null,
  key         text not null check (length(key) between 1 and 255),
  fingerprint bytea not null,
  status      integer,
  body        jsonb,
  created_at  timestamptz not null default now(),
  primary key (merchant_id, operation, key)
);
-- Answers "was this very order placed before?" when its merchant_reference is taken.
create index idempotency_keys_by_body on idempotency_keys (merchant_id, fingerprint);

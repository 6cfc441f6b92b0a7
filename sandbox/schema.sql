-- What the simulated vendors remember. It is theirs, not ours: no table here is ever read by the system itself.
-- Unqualified names: the connection's search_path is the sandbox's own schema. Safe to run again.

create table if not exists settings (
  key text primary key,
  value text not null
);

-- WAY4 ------------------------------------------------------------------------------------------------------------------------------

create table if not exists applications (
  reg_number text primary key,
  object_type text not null,
  action_type text not null,
  accepted_at timestamptz not null default now()
);

create table if not exists clients (
  client_number text primary key,
  national_id text not null,
  first_name text not null,
  last_name text not null,
  birth_date text not null,
  phone text not null,
  email text,
  address text not null,
  status text not null default 'active' check (status in ('active', 'closed')),
  created_at timestamptz not null default now()
);

create table if not exists contracts (
  contract_number text primary key,
  client_number text not null references clients,
  product text not null,
  opened_on date not null,
  status text not null default 'active' check (status in ('active', 'blocked', 'closed')),
  limit_vnd bigint not null default 0 check (limit_vnd >= 0),
  posted_vnd bigint not null default 0 check (posted_vnd >= 0),
  blocked_vnd bigint not null default 0 check (blocked_vnd >= 0),
  created_at timestamptz not null default now()
);

create index if not exists contracts_client on contracts (client_number);

-- Every financial document that was decided, the refused ones included. The unique key is what makes a repeat a duplicate.
create table if not exists docs (
  id bigint generated always as identity primary key,
  msg_code text not null,
  rrn text not null,
  source_contract text not null,
  contract_number text not null,
  merchant_name text not null,
  amount_vnd bigint not null check (amount_vnd > 0),
  resp_code text not null,
  auth_code text,
  attempts integer not null default 1,
  reversed_at timestamptz,
  created_at timestamptz not null default now(),
  unique (msg_code, rrn, source_contract)
);

create index if not exists docs_rrn on docs (rrn);
create index if not exists docs_by_time on docs (created_at, id);

create table if not exists otp_challenges (
  challenge_id text primary key,
  request_id text not null unique,
  client_number text not null references clients,
  terms_hash text not null,
  code_hmac text not null,
  masked_phone text not null,
  expires_at timestamptz not null,
  failed_tries integer not null default 0,
  state text not null default 'open' check (state in ('open', 'used', 'locked'))
);

-- CIC -------------------------------------------------------------------------------------------------------------------------------

-- One row is one billed inquiry, however often its request id came.
create table if not exists inquiries (
  inquiry_id text primary key,
  request_id text not null unique,
  subject_hash text not null,
  national_id text not null,
  consent_ref text not null,
  callback_url text not null,
  requests integer not null default 1,
  ready_at timestamptz,
  callback_due_at timestamptz,
  callback_tries integer not null default 0,
  created_at timestamptz not null default now()
);

create index if not exists inquiries_callback on inquiries (callback_due_at) where callback_due_at is not null;

-- SMS -------------------------------------------------------------------------------------------------------------------------------

create table if not exists messages (
  id bigint generated always as identity primary key,
  request_id text not null unique,
  phone text not null,
  sender text not null,
  text text not null,
  requests integer not null default 1,
  created_at timestamptz not null default now()
);

create index if not exists messages_phone on messages (phone, id desc);

-- S3 --------------------------------------------------------------------------------------------------------------------------------

create table if not exists objects (
  key text primary key,
  content bytea not null,
  stored_at timestamptz not null default now()
);

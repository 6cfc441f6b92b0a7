-- What was agreed: the client and contract in WAY4, the signed PDF, the OTP that approved the purchase.
-- Additive: older code does not read these tables.
-- Up Migration

-- Our numbers at WAY4 are fixed here before the first call, so that a lost answer is settled by asking for the number.
create sequence way4_client_numbers as bigint minvalue 1 maxvalue 99999999;
create sequence way4_contract_numbers as bigint minvalue 1 maxvalue 9999999999;

create table accounts (
  id              text primary key,
  application_id  text not null unique references applications,
  client_number   text not null unique,
  contract_number text not null unique,
  limit_vnd       bigint not null check (limit_vnd > 0),
  client_status   text not null default 'planned' check (client_status in ('planned', 'active', 'closed')),
  contract_status text not null default 'planned' check (contract_status in ('planned', 'active', 'closed')),
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);

create table contracts (
  id                 text primary key,
  application_id     text not null references applications,
  offer_id           text not null references offers,
  contract_number    text not null,
  template_version   text not null,
  -- The PDF that the customer reads and signs, and its hash; then the sealed one and its hash.
  document_id        text not null references documents,
  document_sha256    text not null,
  sealed_document_id text references documents,
  sealed_sha256      text,
  consent_id         text references consents,
  signed_at          timestamptz,
  sealed_at          timestamptz,
  -- Set when the application ended without the purchase: the paper is void.
  voided_at          timestamptz,
  created_at         timestamptz not null default now(),
  unique (application_id, document_sha256)
);

create table otp_challenges (
  id                text primary key,
  application_id    text not null references applications,
  round             integer not null,
  -- WAY4's own id of the challenge.
  core_challenge_id text not null,
  amount_vnd        bigint not null,
  contract_number   text not null,
  document_sha256   text not null,
  masked_phone      text not null,
  -- Counted here and not by messages or attempts of an activity: at most max_attempts guesses are ever evaluated.
  attempts          integer not null default 0,
  max_attempts      integer not null,
  status            text not null default 'open' check (status in ('open', 'verified', 'locked', 'expired', 'replaced')),
  expires_at        timestamptz not null,
  verified_at       timestamptz,
  created_at        timestamptz not null default now(),
  unique (application_id, round),
  check (attempts between 0 and max_attempts)
);

-- Face liveness: each session at the identity provider is a row, from its opening to the one submission of photos that it stands behind.
-- The reference image is a document of its own kind and is deleted with the photos.
-- Additive: older code neither opens sessions nor asks for them.
-- Up Migration

alter table documents
  drop constraint documents_kind_check,
  add constraint documents_kind_check check (kind in ('id_front', 'id_back', 'selfie', 'liveness', 'contract', 'sealed_contract'));

create table liveness_sessions (
  -- Ours; the provider knows it as the token of the request, so that a repeat opens no second session.
  id             text primary key,
  application_id text not null references applications,
  -- The provider's, for the customer's camera.
  session_id     text not null unique,
  state          text not null default 'open' check (state in ('open', 'ended', 'failed', 'expired')),
  -- 0–100, how sure the provider is that somebody is there.
  confidence     double precision check (confidence between 0 and 100),
  reference_document_id text references documents,
  -- The selfie of the submission that used the session up.
  submitted_with text unique references documents,
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null,
  ended_at       timestamptz,
  check ((state = 'ended') = (confidence is not null)),
  check ((state = 'open') = (ended_at is null)),
  check (submitted_with is null or state = 'ended')
);
create index liveness_sessions_of on liveness_sessions (application_id, created_at desc);

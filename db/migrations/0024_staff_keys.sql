-- Which request a key of staff stood for: a command that comes again under the same key gets its first answer, another one is refused.
-- Additive: older code does not read it and goes on answering any repeat with the first answer.
-- Up Migration

create table staff_keys (
  id          bytea primary key,
  fingerprint bytea not null,
  created_at  timestamptz not null default now()
);
comment on column staff_keys.id is 'digest of who and the key: a key may hold anything';
comment on column staff_keys.fingerprint is 'digest of method, path and body';

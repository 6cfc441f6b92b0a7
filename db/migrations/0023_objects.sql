-- The bytes of documents lie in an object store: here by default, in S3 where it is configured. A document names its store; the object goes
-- by the document's id. Objects are written before their rows, so one without a row is left over from a process that died, and is swept.
-- Additive: older code goes on writing into the row, which newer code reads; it cannot open what newer code stored, and its step is tried
-- again until a newer process takes it.
-- Up Migration

create table objects (
  key        text primary key,
  -- Encrypted before it comes here, so there is nothing to compress.
  content    bytea not null,
  created_at timestamptz not null default now()
);
alter table objects alter column content set storage external;

alter table documents
  drop constraint documents_check,
  add column object_store text check (object_store in ('postgres', 's3')),
  add constraint documents_content check (
    case when deleted_at is null then (content is null) = (object_store is not null) else content is null end
  );

-- Photos of applications that came to nothing are deleted after a while. The row stays, with its digest and without its content, so that what
-- was checked can still be named.
-- Additive: older code does not know that content may be gone, and reads a deleted photo as a damaged one.
-- Up Migration

alter table documents
  alter column content drop not null,
  add column deleted_at timestamptz,
  add check ((content is null) = (deleted_at is not null));

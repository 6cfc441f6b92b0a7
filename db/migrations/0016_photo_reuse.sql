-- A photo is looked for in other applications by the digest of its pixels.
-- Additive: older code does not use the index.
-- Up Migration

create index documents_by_sha256 on documents (sha256);

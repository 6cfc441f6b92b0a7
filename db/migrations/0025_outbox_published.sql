-- Published messages by age, so that those that were kept long enough are found and deleted without a look at the others.
-- Additive: one index; older code runs on.
-- Up Migration

create index outbox_published on outbox (published_at) where published_at is not null;

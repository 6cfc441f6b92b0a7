-- Idempotency keys by age, so that those whose time is over are found and deleted without a look at the others.
-- Additive: two indexes; older code runs on.
-- Up Migration

create index idempotency_keys_by_age on idempotency_keys (created_at);
create index staff_keys_by_age on staff_keys (created_at);

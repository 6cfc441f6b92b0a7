-- Since when an application stands where it stands: a later deadline, attention or an act of staff does not move it, so `updated_at` does not say.
-- Additive; older code does not set it, and what it moves keeps the time of its move before.
-- Up Migration

alter table applications add column moved_at timestamptz;
update applications set moved_at = updated_at;
alter table applications alter column moved_at set default now(), alter column moved_at set not null;

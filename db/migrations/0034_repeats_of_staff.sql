-- What a repeat under a key of staff gets: the request to a second person that the first one led to, whatever came of it; and of a command that
-- was refused, the version of the application that it left, because its repeat is meant for no other.
-- Additive: older code does not read it; its repeats ask anew and look at no version, as they did.
-- Up Migration

alter table staff_keys add column approval_id text references approvals;
alter table staff_keys add column version integer;
comment on column staff_keys.version is 'of the application, after what the key stands for took one; null where it took none';

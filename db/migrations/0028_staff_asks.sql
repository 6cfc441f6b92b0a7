-- Whether what a key of staff stands for was asked already, under which request, and what came of it: so a double click is one line in the
-- audit log, and the log calls nothing refused that happened.
-- Additive: older code does not read it. A key that older code wrote counts as not asked yet; its repeat is asked once more.
-- Up Migration

alter table staff_keys add column asked_under text;
alter table staff_keys add column outcome text check (outcome in ('taken', 'refused', 'unanswered'));
comment on column staff_keys.asked_under is 'the request under which reason and actor stand in the audit log; null while nothing was asked';
comment on column staff_keys.outcome is 'null while nothing is known; taken is final';

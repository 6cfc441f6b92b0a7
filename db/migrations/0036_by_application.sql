-- What belongs to an application is found by its id, and the newest applications are found without reading all: these had no index, or, since 0019,
-- one that leaves rows out, so every decision, every order and every look of staff read a whole table.
-- Additive: only indexes; older code does not notice.
-- Up Migration

create index identity_checks_of on identity_checks (application_id, round);
create index review_tasks_of on review_tasks (application_id);
create index approvals_of on approvals (application_id);
create index checkout_links_of on checkout_links (application_id);
create index checkout_sessions_of on checkout_sessions (application_id);
create index applications_by_time on applications (created_at desc, id desc);

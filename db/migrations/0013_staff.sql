-- Indexes for what staff look for: deadlines that are near, an order number without its shop, what a person has done lately.
-- Only indexes: older code does not notice.
-- Up Migration

create index applications_by_deadline on applications (deadline_at) where deadline_at is not null;
create index applications_by_reference on applications (merchant_reference);
create index audit_log_by_actor on audit_log (actor, action, at);

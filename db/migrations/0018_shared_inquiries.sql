-- Applications of one person that are open at the same time share one inquiry at CIC, because every inquiry is billed: each has a row of its
-- own, under a consent of its own, with the inquiry's id. A row that shares points to the one that asked first (reused_from).
-- Additive: older code makes no rows that share; one that it meets counts as a report that did not come, which goes to a reviewer.
-- Up Migration

alter table credit_reports drop constraint credit_reports_inquiry_id_key;
create unique index credit_reports_billed on credit_reports (inquiry_id) where reused_from is null;
create index credit_reports_by_inquiry on credit_reports (inquiry_id);
create index credit_reports_shared on credit_reports (reused_from) where reused_from is not null;

-- A report is asked for once: another application of the same person within some days uses the one that was paid for. An inquiry cannot even
-- be noted without the consent to exactly this of exactly this application, and an inquiry that CIC ended in ERROR says so.
-- Additive: older code writes none of the new columns and never the new outcome; every row it wrote satisfies the new constraint.
-- Up Migration

alter table consents add constraint consents_of_application unique (id, application_id, kind);

alter table credit_reports
  add column consent_kind text generated always as ('credit_bureau') stored,
  add column error_code text,
  -- The report that was paid for and is used again here; null for an inquiry of its own.
  add column reused_from text references credit_reports,
  add constraint credit_reports_consent foreign key (consent_id, application_id, consent_kind) references consents (id, application_id, kind),
  drop constraint credit_reports_outcome_check,
  add constraint credit_reports_outcome_check check (outcome in ('PENDING', 'HIT', 'NO_HIT', 'MULTIPLE_MATCH', 'ERROR', 'UNAVAILABLE'));

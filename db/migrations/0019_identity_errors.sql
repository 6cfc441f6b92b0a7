-- A vendor whose fault ends the tries leaves a check with the verdict `error` and the vendor's code, so that an auditor sees why a submission
-- was not judged. It may happen several times to one submission, since staff have it tried again; every other check stays the only one.
-- Additive: older code writes no such row and reads the others as before.
-- Up Migration

alter table identity_checks
  add column error_code text,
  add check ((verdict = 'error') = (error_code is not null)),
  drop constraint identity_checks_application_id_round_kind_key;
create unique index identity_checks_once on identity_checks (application_id, round, kind) where verdict <> 'error';

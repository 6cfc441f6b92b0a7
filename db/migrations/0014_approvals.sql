-- What one member of staff asks for and another has to confirm: exactly what is to be done, who asked and why, until when, and what came of
-- it. The request cannot be edited, and nobody confirms their own.
-- Additive: older code does not read the table.
-- Up Migration

create table approvals (
  id             text primary key,
  operation      text not null check (operation in ('application.cancel', 'review.approve', 'parked.replay')),
  application_id text references applications,
  -- What is acted on: an application, a review task, or 'parked' for many messages at once.
  subject        text not null,
  request        jsonb not null,
  reason         text not null,
  asked_by       text not null,
  -- Under it the reason stands in the audit log.
  request_id     text not null,
  asked_at       timestamptz not null default clock_timestamp(),
  expires_at     timestamptz not null,
  outcome        text check (outcome in ('confirmed', 'refused', 'expired')),
  decided_by     text,
  decided_at     timestamptz,
  check ((outcome is null) = (decided_at is null)),
  check (outcome is distinct from 'confirmed' or decided_by <> asked_by)
);
create unique index approvals_open on approvals (operation, subject) where outcome is null;
create index approvals_by_time on approvals (asked_at desc, id desc);

create function keep_approval() returns trigger language plpgsql as $$
begin
  if old.outcome is not null then
    raise exception 'a decided approval never changes' using errcode = 'integrity_constraint_violation';
  end if;
  if (new.id, new.operation, new.application_id, new.subject, new.request, new.reason, new.asked_by, new.request_id, new.asked_at,
      new.expires_at) is distinct from
     (old.id, old.operation, old.application_id, old.subject, old.request, old.reason, old.asked_by, old.request_id, old.asked_at,
      old.expires_at) then
    raise exception 'what was asked for never changes' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger approvals_keep before update on approvals for each row execute function keep_approval();
create trigger approvals_kept before delete or truncate on approvals for each statement execute function refuse_change();
-- How many messages somebody replayed lately, so that many small requests count as one large.
create index parked_messages_by_resolver on parked_messages (resolved_by, resolved_at) where resolution = 'replayed';

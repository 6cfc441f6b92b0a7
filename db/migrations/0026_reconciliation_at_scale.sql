-- A break that was repaired says when, so that nobody is asked before the repair had its time to work. A purchase whose RRN WAY4 gave to
-- another booking may go on under a new one: the old ones are kept, because WAY4 is asked about them before anything is sent.
-- Additive, but for one thing: older code books under a new RRN without asking about the old one, so nobody gives one before all pools are new.
-- Up Migration

alter table reconciliation_breaks add column repaired_at timestamptz;
create index reconciliation_breaks_waiting on reconciliation_breaks (id) where cleared_at is null;

alter table transactions add column former_rrns text[] not null default '{}';

create or replace function keep_transaction() returns trigger language plpgsql as $$
begin
  if old.status <> 'accepted' then
    raise exception 'a settled transaction never changes' using errcode = 'integrity_constraint_violation';
  end if;
  if (new.id, new.application_id, new.merchant_id, new.kind, new.intent_key, new.contract_number, new.amount_vnd)
     is distinct from
     (old.id, old.application_id, old.merchant_id, old.kind, old.intent_key, old.contract_number, old.amount_vnd) then
    raise exception 'the terms of a transaction never change' using errcode = 'integrity_constraint_violation';
  end if;
  -- A new RRN fences whoever is at work under the old one, and the old one is not forgotten.
  if (new.rrn is distinct from old.rrn and (new.claim = old.claim or new.status <> 'accepted'))
     or new.former_rrns is distinct from (case when new.rrn = old.rrn then old.former_rrns else old.former_rrns || old.rrn end) then
    raise exception 'an RRN is replaced under a new claim, and kept' using errcode = 'integrity_constraint_violation';
  end if;
  if new.claim < old.claim or new.attempts < old.attempts then
    raise exception 'claims and attempts only rise' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;

alter table parked_messages drop constraint parked_messages_resolution_check,
  add constraint parked_messages_resolution_check check (resolution in ('replayed', 'discarded', 'renewed')) not valid;
alter table parked_messages validate constraint parked_messages_resolution_check;
alter table approvals drop constraint approvals_operation_check,
  add constraint approvals_operation_check
    check (operation in ('application.cancel', 'review.approve', 'parked.replay', 'parked.renew'));

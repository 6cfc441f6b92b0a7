-- What came of a confirmed request: a decided approval never changes, and what was confirmed may not have been done when a process died or
-- Temporal was away. Without a result, or unanswered, it stays in the list, and anybody with the role may have it done.
-- Additive: older code does not write it, and what it confirms meanwhile stays in the list for a day; done again it has one effect.
-- Up Migration

create table approval_results (
  approval_id text primary key references approvals,
  result      text not null check (result in ('done', 'refused', 'unanswered')),
  -- The problem that it ended with.
  code        text,
  by_actor    text not null,
  at          timestamptz not null default clock_timestamp(),
  check ((result = 'done') = (code is null))
);
create function keep_approval_result() returns trigger language plpgsql as $$
begin
  if old.result = 'done' then
    raise exception 'what was done stays done' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger approval_results_keep before update on approval_results for each row execute function keep_approval_result();
create trigger approval_results_kept before delete or truncate on approval_results for each statement execute function refuse_change();

insert into approval_results (approval_id, result, by_actor, at)
  select id, 'done', decided_by, decided_at from approvals where outcome = 'confirmed';

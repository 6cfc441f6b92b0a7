-- Review tasks become a queue: who works on one and until when, who gave it to whom, when it was due; and breaks that reconciliation found
-- become tasks of their own kind, though no application waits for them. What a reviewer granted against the ruleset is a record beside the
-- decision, which itself never changes.
-- Additive: older code reads and writes review tasks of applications as before.
-- Up Migration

alter table review_tasks
  alter column application_id drop not null,
  add column kind text not null default 'decision' check (kind in ('identity', 'decision', 'reconciliation')),
  -- The break that the task is about; null for a task of an application.
  add column break_id bigint references reconciliation_breaks,
  -- Who works on it; worth nothing after claimed_until, by the clock of this database.
  add column claimed_by text,
  add column claimed_until timestamptz,
  -- When it was noticed that the task is overdue.
  add column breached_at timestamptz,
  add check ((application_id is null) = (break_id is not null)),
  add check ((claimed_by is null) = (claimed_until is null));

update review_tasks set kind = 'identity' where 'askAgain' = any(allowed);

create unique index review_tasks_open_break on review_tasks (break_id) where answer is null;
create index review_tasks_due on review_tasks (due_at) where answer is null;
create index review_tasks_by_time on review_tasks (created_at desc, id desc);

-- Every change of hands, so that who lost a task finds it as well as who got it.
create table review_moves (
  id         bigint generated always as identity primary key,
  task_id    text not null references review_tasks,
  kind       text not null check (kind in ('claimed', 'released', 'reassigned')),
  from_actor text,
  to_actor   text,
  by_actor   text not null,
  moved_at   timestamptz not null default clock_timestamp()
);
create index review_moves_of on review_moves (task_id, id);
create index review_moves_from on review_moves (from_actor, id) where kind = 'reassigned';

create table decision_overrides (
  id             text primary key,
  application_id text not null references applications,
  decision_id    text not null references decisions,
  task_id        text not null references review_tasks,
  -- What the ruleset would grant, and what the reviewer granted.
  derived_vnd    bigint not null check (derived_vnd > 0),
  limit_vnd      bigint not null check (limit_vnd > 0 and limit_vnd <= derived_vnd),
  actor          text not null,
  -- The second person, where four eyes were needed.
  approved_by    text check (approved_by <> actor),
  reason         text,
  decided_at     timestamptz not null default clock_timestamp()
);
create index decision_overrides_of on decision_overrides (application_id);
create trigger decision_overrides_append_only before update or delete or truncate on decision_overrides
  for each statement execute function refuse_change();
create trigger review_moves_append_only before update or delete or truncate on review_moves
  for each statement execute function refuse_change();

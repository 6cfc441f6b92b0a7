-- Review tasks can be handed up, put off and written on: a queue, a time until which a task sleeps, and notes. Why: a question that one reviewer
-- cannot answer now must neither block their list nor lose what they found out.
-- Additive: older code shows tasks that sleep, and knows neither queues nor notes.
-- Up Migration

alter table review_tasks
  add column queue text not null default 'standard' check (queue in ('standard', 'senior', 'fraud')),
  -- Asleep until then, which is never later than it is due.
  add column snoozed_until timestamptz,
  add check (snoozed_until <= due_at);

alter table review_moves
  drop constraint review_moves_kind_check,
  add constraint review_moves_kind_check check (kind in ('claimed', 'released', 'reassigned', 'escalated', 'snoozed'));

-- What staff found out, encrypted: a note may name somebody. Never changed.
create table review_notes (
  id         text primary key,
  task_id    text not null references review_tasks,
  actor      text not null,
  note       bytea not null,
  written_at timestamptz not null default clock_timestamp()
);
create index review_notes_of on review_notes (task_id, id);
create trigger review_notes_append_only before update or delete or truncate on review_notes
  for each statement execute function refuse_change();

-- Rulesets, who put which in force when, and decision records that can be replayed. Why: an analyst changes a cut-off without a release,
-- two people answer for it, and an auditor gets the bytes of a decision again.
-- Additive: older code does not read the new tables and columns; what it decides meanwhile is marked as made by engine 1.
-- Up Migration

-- Documents as canonical JSON, named by its hash. Never changed.
create table rulesets (
  sha256   text primary key,
  id       text not null,
  version  text not null,
  document text not null,
  added_at timestamptz not null default now(),
  unique (id, version)
);

-- What happened to rulesets, never changed. The ruleset in force is the newest that came into effect since the last rollback.
create table ruleset_events (
  seq             bigint generated always as identity primary key,
  ruleset_sha256  text not null references rulesets,
  kind            text not null check (kind in ('shipped', 'proposed', 'approved', 'rolled_back', 'shadow_started', 'shadow_stopped')),
  actor           text not null,
  reason          text not null,
  -- When it comes into effect; null for a proposal that is to do so at once.
  effective_from  timestamptz,
  -- Until when a challenger runs.
  effective_until timestamptz,
  -- Whose proposal was approved: nobody approves their own.
  proposed_by     text,
  -- What a rollback took out of force.
  replaces_sha256 text references rulesets,
  at              timestamptz not null default now(),
  check (kind <> 'approved' or (proposed_by is not null and proposed_by <> actor)),
  check (kind <> 'rolled_back' or replaces_sha256 is not null),
  check (kind not in ('shipped', 'approved', 'rolled_back', 'shadow_started') or effective_from is not null),
  check (kind <> 'shadow_started' or effective_until is not null)
);

create trigger rulesets_append_only before update or delete or truncate on rulesets for each statement execute function refuse_change();
create trigger ruleset_events_append_only before update or delete or truncate on ruleset_events for each statement execute function refuse_change();

alter table decisions
  -- One chain over all records, so that a missing one shows.
  add column seq bigint generated always as identity unique,
  add column engine_version text not null default '1',
  -- From engine 2 on `snapshot` holds input and output, and `snapshot_sha256` is of the input.
  add column output_sha256 text,
  -- The sentences that tell the customer why, as they were worded that day.
  add column explanation jsonb not null default '{}',
  -- What the challenger would have decided; null when none ran.
  add column challenger jsonb;
create index decisions_by_time on decisions (decided_at);

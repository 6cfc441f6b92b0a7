-- Breaks that reconciliation found between our transactions, WAY4's books and the ends of applications; kept until the books agree again.
-- Additive: one table and two indexes; older code does not read the table.
-- Up Migration

create table reconciliation_breaks (
  id             bigint generated always as identity primary key,
  kind           text not null check (kind in ('missing_here', 'missing_there', 'amount', 'state', 'duplicate')),
  against        text not null check (against in ('core', 'workflow')),
  -- The RRN, or the application where there is no transaction: WAY4 may name what we do not have, so no foreign keys.
  reference      text not null,
  transaction_id text,
  application_id text,
  -- What each of the two says; null where it has nothing.
  ours           jsonb,
  theirs         jsonb,
  -- What was done about it when it was first seen; null when it is for a person.
  repair         text check (repair in ('publish', 'tell')),
  occurred_at    timestamptz not null,
  first_seen_at  timestamptz not null default clock_timestamp(),
  last_seen_at   timestamptz not null default clock_timestamp(),
  times_seen     integer not null default 1,
  -- Set when a later comparison of the same period did not find it any more.
  cleared_at     timestamptz
);
-- A break is one row for as long as it lasts, however often it is found.
create unique index reconciliation_breaks_open on reconciliation_breaks (kind, against, reference) where cleared_at is null;
create index reconciliation_breaks_of on reconciliation_breaks (transaction_id);

-- A period is read by time; without these a comparison would read every purchase that ever was.
create index transactions_by_time on transactions (accepted_at);
create index applications_with_money on applications (updated_at) where status in ('settling', 'completed');

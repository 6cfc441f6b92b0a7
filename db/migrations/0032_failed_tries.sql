-- What failed at a vendor before a step came to its end, or before staff were asked: one row per step and round, however often it was tried. Only
-- failures are written, so an application that goes well has none. Codes of ours and of the vendor, never a message.
-- Additive: older code does not read or write it.
-- Up Migration

create table failed_tries (
  application_id text not null references applications,
  step           text not null,
  round          integer not null,
  vendor         text not null,
  tries          integer not null default 1,
  first_error    text not null,
  last_error     text not null,
  first_at       timestamptz not null default clock_timestamp(),
  last_at        timestamptz not null default clock_timestamp(),
  primary key (application_id, step, round)
);

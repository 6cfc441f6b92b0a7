-- What is told to others and what is proven later: events for merchants, messages to customers, the audit log.
-- Additive: older code does not read these tables.
-- Up Migration

-- Written in the commit of the change it tells of. `version` is the application's; receivers order by it.
create table events (
  id             text primary key,
  application_id text not null references applications,
  merchant_id    text not null references merchants,
  type           text not null,
  version        integer not null,
  body           jsonb not null,
  created_at     timestamptz not null default now()
);
create index events_of_merchant on events (merchant_id, created_at, id);
create index events_of_application on events (application_id, version);

-- Messages to customers: written in the commit of what they tell, sent afterwards. The text is made from template and
-- parameters when it is sent; neither names a person.
create table notifications (
  id             text primary key,
  application_id text not null references applications,
  template       text not null,
  params         jsonb not null default '{}',
  status         text not null default 'due' check (status in ('due', 'sent', 'failed')),
  attempts       integer not null default 0,
  available_at   timestamptz not null default now(),
  last_error     text,
  sent_at        timestamptz,
  created_at     timestamptz not null default now(),
  unique (application_id, template)
);
create index notifications_due on notifications (available_at) where status = 'due';

-- Append-only and chained: `hash` covers the row and the hash before it.
create table audit_log (
  seq            bigint generated always as identity primary key,
  id             text not null unique,
  at             timestamptz not null default now(),
  actor          text not null,
  action         text not null,
  application_id text references applications,
  subject        text not null,
  reason         text,
  change         jsonb not null default '{}',
  request_id     text,
  previous_hash  text,
  hash           text not null
);
create index audit_log_of on audit_log (application_id, seq);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger audit_log_append_only before update or delete or truncate on audit_log for each statement execute function refuse_change();
create trigger decisions_append_only before update or delete or truncate on decisions for each statement execute function refuse_change();
create trigger events_append_only before update or delete or truncate on events for each statement execute function refuse_change();
create trigger consents_append_only before update or delete or truncate on consents for each statement execute function refuse_change();

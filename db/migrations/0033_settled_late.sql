-- Purchases that got their outcome long after they were accepted, a few after an outage: reconciliation looks for those that were accepted before
-- its period and posted within it. All others are not in the index and cost nothing.
-- Additive: older code does not read it.
-- Up Migration

create index transactions_settled_late on transactions (settled_at, id) where settled_at - accepted_at > interval '5 minutes';

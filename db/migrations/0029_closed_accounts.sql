-- Accounts that were closed are looked at again for two days: WAY4 may carry out a request after its undo found nothing to undo.
-- Additive; older code does not look.
-- Up Migration

create index accounts_closed on accounts (updated_at) where 'closed' in (client_status, contract_status);

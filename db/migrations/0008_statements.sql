-- What a customer states becomes the application's customer row only when its command was accepted; until then it is a row of its own.
-- Why: of two statements sent at once, the one that was refused must leave nothing behind.
-- Additive: older code does not write the column.
-- Up Migration

-- The command that brought the statement: the same command again finds its row. Null for a row that only holds the shop's phone number.
alter table customers add column stated_by text unique;

-- The device on which a customer stated their data, as a keyed hash of the identifier that the checkout page keeps there; nothing else is known
-- of it. Why: one device that applies for many people in a day is looked at by a person.
-- Additive: older code does not write the column, and a row without it counts for nothing.
-- Up Migration

alter table customers add column device_index bytea;
create index customers_device_index on customers (device_index) where device_index is not null;

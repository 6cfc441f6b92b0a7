-- The product that the shop offers for an order. Why: an order may be paid in three parts, or whole after thirty days.
-- Additive: older code does not write the column and gets the product that was the only one.
-- Up Migration

alter table applications add column product text not null default 'pay-in-3' check (product in ('pay-in-3', 'pay-in-30-days'));

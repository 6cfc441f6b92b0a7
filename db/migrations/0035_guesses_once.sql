-- The guesses that were taken from a challenge, by round, an entry for each try: one that is tried again, after a crash or beside a try that was given up, is the same
-- guess and is counted once.
-- Additive: older code does not read it, and what it takes meanwhile is counted as before.
-- Up Migration

alter table otp_challenges add column guess_rounds int[] not null default '{}';

-- The master key of the password that a custodian may have still, while it gets that of another one.
alter table project add column previous_key text;

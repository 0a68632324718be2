-- A cluster that is new to this database may be one for which something was made, and the database set back since.
alter table cluster alter column touched set default true;

-- What a cluster was given, it keeps, also when its owner leaves.
alter table cluster add column roles text[] not null default '{}';

-- What every service has of its own, at its smallest.
create table cluster (
  cluster text primary key,
  phase text not null default 'PRESENT' check (phase in ('PRESENT', 'DELETING', 'ABSENT')),
  generation int not null default 0,
  due_at timestamptz,
  unsettled_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  attempts int not null default 0
);
create index cluster_due on cluster (due_at) where due_at is not null;
create trigger cluster_wake after insert or update of due_at on cluster for each statement execute function wake();

create view cluster_states as select lower(phase) as state, count(*) as clusters from cluster group by 1;

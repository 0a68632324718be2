create table cluster (
  cluster text primary key,
  phase text not null default 'PRESENT' check (phase in ('PRESENT', 'DELETING', 'ABSENT')),
  deadline timestamptz,
  revoked boolean not null default false,
  provisioned_project text,
  told_project text,
  trusts text[] not null default '{}',
  due_at timestamptz,
  unsettled_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  attempts int not null default 0
);
create index cluster_due on cluster (due_at) where due_at is not null;
create index cluster_project on cluster (provisioned_project) where provisioned_project is not null;
create trigger cluster_wake after insert or update of due_at on cluster for each statement execute function wake();

-- For the dashboard: how many clusters are where.
create view cluster_states as
  select case
      when revoked then 'revoked'
      when phase = 'ABSENT' then 'revoking'
      else lower(phase) end as state,
    count(*) as clusters
  from cluster group by 1;

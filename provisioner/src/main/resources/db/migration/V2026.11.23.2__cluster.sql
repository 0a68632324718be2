create table cluster (
  cluster text primary key,
  phase text not null default 'PRESENT' check (phase in ('PRESENT', 'DELETING', 'ABSENT')),
  client int not null default 1,
  backend int not null default 1,
  project text,
  owner text,
  disputed boolean not null default false,
  first_heard timestamptz not null default now(),
  client_begun int not null default 0,
  client_key text,
  backend_begun int not null default 0,
  backend_key text,
  touched boolean not null default false,
  client_announced int not null default 0,
  backend_announced int not null default 0,
  trusts text[] not null default '{}',
  surplus boolean not null default false,
  failure text,
  revoked boolean not null default false,
  share text,
  due_at timestamptz,
  unsettled_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  attempts int not null default 0
);
create index cluster_due on cluster (due_at) where due_at is not null;
create index cluster_share on cluster (share) where share is not null;
create trigger cluster_wake after insert or update of due_at on cluster for each statement execute function wake();

-- A project that has, or may have, a custodian.
create table project (
  project text primary key,
  key text not null,
  removing boolean not null default false
);

-- For the dashboard: how many clusters are where.
create view cluster_states as
  select case
      when revoked then 'revoked'
      when phase <> 'PRESENT' then lower(phase)
      when client_announced >= client and backend_announced >= backend then 'provisioned'
      when failure is not null then 'failed'
      else 'pending' end as state,
    count(*) as clusters
  from cluster group by 1;

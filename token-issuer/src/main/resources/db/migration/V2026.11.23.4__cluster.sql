create table cluster (
  cluster text primary key,
  phase text not null default 'PRESENT' check (phase in ('PRESENT', 'DELETING', 'ABSENT')),
  generation int not null default 0,
  project text,
  key text,
  trustee text,
  trustee_domain text,
  disputed boolean not null default false,
  announced int not null default 0,
  failure text,
  due_at timestamptz,
  unsettled_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  attempts int not null default 0
);
create index cluster_due on cluster (due_at) where due_at is not null;
create trigger cluster_wake after insert or update of due_at on cluster for each statement execute function wake();

-- What a cluster's clients log in with at the door, one for each purpose.
create table credential (
  id text primary key,
  cluster text not null references cluster,
  purpose text not null,
  generation int not null,
  trust text not null,
  roles text[] not null
);
create index credential_cluster on credential (cluster);

-- For the dashboard: how many clusters are where.
create view cluster_states as
  select case
      when phase = 'ABSENT' then 'revoked'
      when disputed then 'disputed'
      when generation > 0 and announced >= generation then 'ready'
      when failure is not null then 'failed'
      else 'pending' end as state,
    count(*) as clusters
  from cluster group by 1;

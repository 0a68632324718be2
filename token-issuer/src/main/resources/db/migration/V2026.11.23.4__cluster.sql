create table cluster (
  cluster text primary key,
  phase text not null default 'PRESENT' check (phase in ('PRESENT', 'DELETING', 'ABSENT')),
  client int not null default 0,
  client_key text,
  backend int not null default 0,
  backend_key text,
  project text,
  trustee text,
  trustee_domain text,
  announced int not null default 0,
  proven int not null default 0,
  told int not null default 0,
  told_at timestamptz,
  refusals int not null default 0,
  failure text,
  due_at timestamptz,
  unsettled_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  attempts int not null default 0
);
create index cluster_due on cluster (due_at) where due_at is not null;
create trigger cluster_wake after insert or update of due_at on cluster for each statement execute function wake();

-- What Keystone delegates to a cluster, for each purpose.
create table delegation (
  cluster text not null references cluster,
  purpose text not null,
  trust text not null,
  trustee text not null,
  roles text[] not null,
  primary key (cluster, purpose)
);
create index delegation_trust on delegation (trust);

-- What a cluster's clients log in with at the door, one for each purpose and each generation that is still valid.
create table credential (
  id text primary key,
  cluster text not null references cluster,
  purpose text not null,
  generation int not null,
  key text not null,
  valid_until timestamptz
);
create index credential_cluster on credential (cluster);

-- For the dashboard: how many clusters are where.
create view cluster_states as
  select case
      when phase = 'ABSENT' then 'revoked'
      when (client > 0 and client_key is null) or (backend > 0 and backend_key is null) then 'disputed'
      when failure is not null then 'failed'
      when client > 0 and announced >= client and proven >= backend then 'ready'
      else 'pending' end as state,
    count(*) as clusters
  from cluster group by 1;

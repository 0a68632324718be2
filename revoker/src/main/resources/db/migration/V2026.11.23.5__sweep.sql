-- The sweep's one row: who sweeps just now, and how the last sweep ended.
create table sweep (
  id int primary key check (id = 1),
  lease uuid,
  leased_until timestamptz,
  ended_at timestamptz,
  swept_at timestamptz,
  outcome text,
  ours int not null default 0,
  foreigners int not null default 0
);
insert into sweep (id) values (1);

-- Sweeps that an operator asked for and that are not answered yet.
create table sweep_request (
  request text primary key,
  dry boolean not null,
  heard_at timestamptz not null default now()
);

-- What seems to be an orphan. Keystone does not say when a user was made, so this is how long it is known to be one.
create table suspect (
  id text primary key,
  kind text not null check (kind in ('TRUSTEE', 'TRUST', 'CUSTODIAN')),
  whose text not null,
  since timestamptz not null,
  doomed boolean not null default false
);
create index cluster_told_project on cluster (told_project) where told_project is not null;

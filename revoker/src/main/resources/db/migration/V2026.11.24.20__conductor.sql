-- What the conductor's own API said of a cluster that was told to be gone. A revocation that is under way was never asked about.
alter table cluster
  add column confirmed boolean not null default false,
  add column living_since timestamptz,
  add column unlisted_since timestamptz,
  add column unlisted_times int not null default 0;
update cluster set confirmed = true where phase = 'ABSENT';

-- The comparison's one row: who compares just now, and how the last comparison ended.
create table comparison (
  id int primary key check (id = 1),
  lease uuid,
  leased_until timestamptz,
  ended_at timestamptz,
  outcome text,
  listed int not null default 0,
  unserved int not null default 0,
  unlisted int not null default 0
);
insert into comparison (id) values (1);

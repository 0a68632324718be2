-- Who holds a lease, and whether it lives: what a process that was killed has left is taken over at once.

-- The process that holds a lease, in eight hexadecimal digits; null if nobody can see whether it lives. That is so for the random ids
-- (version 4) of processes that are not seen, or of an older version.
create function holder(lease uuid) returns text language sql immutable as $$
  select case substr(lease::text, 15, 1) when '8' then left(lease::text, 8) end
$$;

-- The processes of which each keeps a session with this database. "LANY" tells their locks from others.
create view present as
  select lpad(to_hex(objid::bigint), 8, '0') as holder
  from pg_locks
  where locktype = 'advisory' and classid = x'4c414e59'::int::oid and objsubid = 2 and granted
    and database = (select oid from pg_database where datname = current_database());

create index cluster_leased on cluster (holder(lease)) where lease is not null;

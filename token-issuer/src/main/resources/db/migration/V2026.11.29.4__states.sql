-- Every state is there, also one that no cluster is in: a series that comes and goes can't be alerted on.
create or replace view cluster_states as
  select state, count(cluster) as clusters
  from unnest(array['pending', 'ready', 'failed', 'disputed', 'revoked']) state
  left join (
    select cluster, case
      when phase = 'ABSENT' then 'revoked'
      when (client > 0 and client_key is null) or (backend > 0 and backend_key is null) then 'disputed'
      when failure is not null then 'failed'
      when client > 0 and announced >= client and proven >= backend then 'ready'
      else 'pending' end as state
    from cluster) now using (state)
  group by state;

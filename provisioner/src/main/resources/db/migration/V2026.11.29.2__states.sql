-- Every state is there, also one that no cluster is in: a series that comes and goes can't be alerted on.
create or replace view cluster_states as
  select state, count(cluster) as clusters
  from unnest(array['pending', 'provisioned', 'failed', 'deleting', 'absent', 'revoked']) state
  left join (
    select cluster, case
      when revoked then 'revoked'
      when phase <> 'PRESENT' then lower(phase)
      when client_announced >= client and backend_announced >= backend then 'provisioned'
      when failure is not null then 'failed'
      else 'pending' end as state
    from cluster) now using (state)
  group by state;

-- Every state is there, also one that no cluster is in: a series that comes and goes can't be alerted on.
create or replace view cluster_states as
  select state, count(cluster) as clusters
  from unnest(array['present', 'deleting', 'revoking', 'revoked']) state
  left join (
    select cluster, case
      when revoked then 'revoked'
      when phase = 'ABSENT' then 'revoking'
      else lower(phase) end as state
    from cluster) now using (state)
  group by state;

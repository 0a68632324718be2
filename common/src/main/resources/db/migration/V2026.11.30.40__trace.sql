-- Where in its trace a cluster was heard of last, and in which request of the conductor's. Written only while somebody collects traces.
create table trace (
  cluster     text primary key,
  traceparent text not null,
  request     text
);

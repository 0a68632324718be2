-- How far the bus was read for what is in this schema.
create table position (
  topic text not null,
  partition int not null,
  next bigint not null,
  primary key (topic, partition)
);

-- What every service's rows of clusters have in common, once each service has made its own.

-- Why a row waits, and since when.
alter table cluster add failing_since timestamptz, add failed_at timestamptz, add why text;
create index cluster_failing on cluster (failing_since) where failing_since is not null;

-- In the order in which rows are claimed.
drop index cluster_due;
create index cluster_due on cluster ((phase = 'PRESENT' or failing_since is not null), due_at) where due_at is not null;

SELECT application_name AS application, usename AS "user", datname AS database, count(*) AS "count",
       count(*) FILTER (WHERE state = 'idle') AS idle,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
       (min(state_change) FILTER (WHERE state LIKE 'idle%'))::text AS since,
       coalesce((array_agg(pid ORDER BY state_change) FILTER (WHERE state LIKE 'idle%'))[1:50], '{}') AS pids
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY application_name, usename, datname
ORDER BY count(*) DESC, application_name, usename, datname

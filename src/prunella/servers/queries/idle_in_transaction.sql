SELECT pid, backend_start::text AS backend_start, application_name AS application, usename AS "user",
       datname AS database, coalesce(host(client_addr), 'local') AS client, state, state_change::text AS since, query
FROM pg_stat_activity
WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '60 s'
ORDER BY state_change
LIMIT 20

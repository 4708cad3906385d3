SELECT pid, application_name AS application, usename AS "user", datname AS database, state,
       coalesce(xact_start, state_change, backend_start)::text AS since,
       coalesce(wait_event_type || ':' || wait_event, '') AS waits, left(query, 200) AS query
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY state IS DISTINCT FROM 'active', state LIKE 'idle in transaction%' DESC, coalesce(xact_start, state_change)
LIMIT 40

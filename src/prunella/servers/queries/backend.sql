SELECT a.pid, a.backend_start::text AS backend_start, a.application_name AS application,
       coalesce(a.usename, '') AS "user", coalesce(a.datname, '') AS database,
       coalesce(host(a.client_addr), 'local') AS client, coalesce(a.state, '') AS state,
       coalesce(a.xact_start, a.state_change)::text AS since, a.query, a.backend_type AS kind,
       a.backend_xid IS NOT NULL AS has_written,
       EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory') AS has_advisory_locks,
       a.pid = pg_backend_pid() AS is_ours
FROM pg_stat_activity AS a
WHERE a.pid = $1

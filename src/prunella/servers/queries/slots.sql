SELECT 'server' AS "of", count(*) FILTER (WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()) AS used,
       current_setting('max_connections')::int AS "limit",
       current_setting('superuser_reserved_connections')::int
         + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved
FROM pg_stat_activity AS a
UNION ALL
SELECT 'role ' || r.rolname, count(a.pid), r.rolconnlimit, 0
FROM pg_roles AS r LEFT JOIN pg_stat_activity AS a ON a.usesysid = r.oid AND a.pid <> pg_backend_pid()
WHERE r.rolconnlimit >= 0 AND r.rolcanlogin
GROUP BY r.rolname, r.rolconnlimit
UNION ALL
SELECT 'database ' || d.datname, count(a.pid), CASE WHEN d.datallowconn THEN d.datconnlimit ELSE 0 END, 0
FROM pg_database AS d LEFT JOIN pg_stat_activity AS a ON a.datid = d.oid AND a.pid <> pg_backend_pid()
WHERE (d.datconnlimit >= 0 OR NOT d.datallowconn) AND NOT d.datistemplate
GROUP BY d.datname, d.datallowconn, d.datconnlimit

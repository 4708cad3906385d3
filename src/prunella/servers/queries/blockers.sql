WITH RECURSIVE waits AS (
    SELECT a.pid AS waiter, blocker, now() - coalesce(
               (SELECT min((to_jsonb(l) ->> 'waitstart')::timestamptz) FROM pg_locks AS l WHERE l.pid = a.pid AND NOT l.granted),
               a.query_start) AS waiting
    FROM pg_stat_activity AS a CROSS JOIN LATERAL unnest(pg_blocking_pids(a.pid)) AS blocker
    WHERE a.wait_event_type = 'Lock'
), chains AS (
    SELECT waiter, blocker, waiting FROM waits
    UNION
    SELECT c.waiter, w.blocker, c.waiting FROM chains AS c JOIN waits AS w ON w.waiter = c.blocker
), roots AS (
    SELECT blocker, count(DISTINCT waiter) AS blocked, max(waiting) AS waiting,
           (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ')
            FROM pg_locks AS l
            WHERE l.pid = ANY (array_agg(chains.waiter)) AND NOT l.granted AND l.relation IS NOT NULL
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS tables
    FROM chains
    WHERE blocker NOT IN (SELECT waiter FROM waits)
    GROUP BY blocker
)
SELECT r.blocker AS pid, a.backend_start::text AS backend_start, a.application_name AS application, a.usename AS "user",
       a.datname AS database, coalesce(host(a.client_addr), 'local') AS client, a.state,
       a.xact_start::text AS since, a.query, a.backend_type AS kind, coalesce(r.tables, '') AS "table",
       r.blocked, round(extract(epoch FROM r.waiting)::numeric, 1) AS waiting_s
FROM roots AS r LEFT JOIN pg_stat_activity AS a ON a.pid = r.blocker
WHERE r.waiting > interval '0.5 s'
ORDER BY r.blocked DESC, r.blocker
LIMIT 20

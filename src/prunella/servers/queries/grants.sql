SELECT r.rolname AS role, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
       string_agg(p.privilege, ', ' ORDER BY p.place) AS may,
       has_schema_privilege(r.oid, n.oid, 'USAGE') AS may_enter
FROM pg_roles AS r
CROSS JOIN pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL unnest(CASE c.relkind WHEN 'S' THEN ARRAY['USAGE', 'SELECT', 'UPDATE']
    ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] END) WITH ORDINALITY AS p (privilege, place)
  ON CASE c.relkind WHEN 'S' THEN has_sequence_privilege(r.oid, c.oid, p.privilege)
     ELSE has_table_privilege(r.oid, c.oid, p.privilege) END
WHERE r.rolcanlogin AND NOT r.rolsuper AND ($1 = '' OR r.rolname = $1)
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_class AS own WHERE own.relowner = r.oid)
GROUP BY r.rolname, r.oid, n.nspname, n.oid, c.relname
ORDER BY 1, 2
LIMIT 300

SELECT c.oid, n.nspname, c.relname, pg_table_is_visible(c.oid),
       CASE c.relkind WHEN 'r' THEN CASE WHEN EXISTS (SELECT 1 FROM pg_inherits AS i WHERE i.inhparent = c.oid)
                                         THEN 'table with heirs' ELSE 'table' END
                      WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      ELSE 'foreign table' END,
       c.reltuples::bigint,
       COALESCE((SELECT array_agg(a.attname::text ORDER BY array_position(k.conkey, a.attnum))
                 FROM pg_constraint AS k JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
                 WHERE k.conrelid = c.oid AND k.contype = 'p'), '{}'),
       COALESCE((SELECT array_agg(t.tgname::text) FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal), '{}')
       || COALESCE((SELECT array_agg(r.rulename::text) FROM pg_rewrite AS r
                    WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'), '{}')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
ORDER BY n.nspname, c.relname

SELECT i.indisvalid AND i.indisready AND i.indislive AS is_valid, pg_get_indexdef(i.indexrelid) AS definition,
       i.indrelid AS "table",
       EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid) AS is_being_built
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2

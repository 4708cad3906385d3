SELECT k.conrelid,
       (SELECT array_agg(a.attname::text ORDER BY array_position(k.conkey, a.attnum))
        FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
       CASE WHEN pg_table_is_visible(k.confrelid) THEN c.relname::text ELSE n.nspname || '.' || c.relname END,
       (SELECT array_agg(a.attname::text ORDER BY array_position(k.confkey, a.attnum))
        FROM pg_attribute AS a WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))
FROM pg_constraint AS k
     JOIN pg_class AS c ON c.oid = k.confrelid
     JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f'
ORDER BY k.conrelid, k.conname

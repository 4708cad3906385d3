WITH filled AS (
    SELECT d.objid AS sequence, d.refobjid AS "table", d.refobjsubid AS "column"
    FROM pg_depend AS d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      AND d.refobjsubid > 0
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_depend AS d JOIN pg_attrdef AS f ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
    WHERE d.refclassid = 'pg_class'::regclass
)
SELECT format('%I.%I', n.nspname, c.relname) AS sequence,
       coalesce(quote_ident(tn.nspname) || '.' || quote_ident(t.relname), '') AS "table", coalesce(quote_ident(a.attname), '') AS "column",
       s.seqincrement AS increment, s.seqmax AS highest, s.seqmin AS lowest, s.seqcycle AS cycles,
       CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END AS column_highest,
       EXISTS (
           SELECT FROM pg_index AS i
           WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
             AND i.indpred IS NULL
       ) AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
         AND has_column_privilege(t.oid, a.attnum, 'SELECT') AS is_unique
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN filled AS f ON f.sequence = c.oid
LEFT JOIN pg_class AS t ON t.oid = f."table" AND t.relkind IN ('r', 'p')
LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = f."column" AND NOT a.attisdropped
WHERE c.relpersistence <> 't' AND has_sequence_privilege(s.seqrelid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY 1, 2, 3
LIMIT 500

SELECT s.seqmin AS lowest, s.seqmax AS highest, s.seqincrement AS increment,
       quote_ident(tn.nspname) || '.' || quote_ident(t.relname) AS "table", quote_ident(a.attname) AS "column",
       EXISTS (
           SELECT FROM pg_index AS i
           WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
             AND i.indpred IS NULL
       ) AS is_unique
FROM pg_sequence AS s
LEFT JOIN LATERAL (
    SELECT d.refobjid AS "table", d.refobjsubid AS "column"
    FROM pg_depend AS d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    UNION
    SELECT f.adrelid, f.adnum
    FROM pg_depend AS d JOIN pg_attrdef AS f ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = s.seqrelid
    LIMIT 1
) AS f ON true
LEFT JOIN pg_class AS t ON t.oid = f."table"
LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = f."column"
WHERE s.seqrelid = $1::oid

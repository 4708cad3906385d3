SELECT c.relname AS index, i.indisunique AS is_unique, i.indisvalid AS is_valid,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number) AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::oid AND i.indpred IS NULL AND i.indexprs IS NULL

SELECT gid, owner AS "user", database, prepared::text AS since
FROM pg_prepared_xacts
WHERE prepared < now() - interval '5 min' OR $1
ORDER BY prepared
LIMIT 20

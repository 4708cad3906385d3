SELECT coalesce(datname, '') AS database, checksum_failures AS failures, checksum_last_failure::text AS since
FROM pg_stat_database
WHERE checksum_failures > 0
ORDER BY 1

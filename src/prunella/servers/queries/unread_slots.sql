SELECT s.slot_name AS slot, to_jsonb(s) ->> 'wal_status' AS status, s.database
FROM pg_replication_slots AS s
WHERE NOT s.active AND to_jsonb(s) ->> 'wal_status' IN ('extended', 'unreserved', 'lost')
ORDER BY s.slot_name

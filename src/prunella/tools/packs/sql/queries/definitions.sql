SELECT schemaname::text, tablename::text, indexdef FROM pg_indexes WHERE schemaname <> 'pg_catalog'
UNION ALL
SELECT schemaname::text, viewname::text, definition FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0
UNION ALL
SELECT tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3

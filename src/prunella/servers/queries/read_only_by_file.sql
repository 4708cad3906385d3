SELECT 'file' AS source, sourcefile AS file, sourceline AS line
FROM pg_file_settings
WHERE name = 'default_transaction_read_only' AND applied
ORDER BY seqno DESC
LIMIT 1

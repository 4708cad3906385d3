SELECT pg_is_in_recovery() AS in_recovery, reset_val = 'on' AS by_default
FROM pg_settings
WHERE name = 'default_transaction_read_only'

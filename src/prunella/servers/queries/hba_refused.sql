SELECT current_setting('hba_file') AS file, line_number AS line, error
FROM pg_hba_file_rules
WHERE error IS NOT NULL
ORDER BY line_number

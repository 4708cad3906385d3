WITH read AS (
    SELECT sourcefile AS file FROM pg_file_settings WHERE sourcefile IS NOT NULL
    UNION SELECT current_setting('config_file')
    UNION SELECT current_setting('hba_file')
    UNION SELECT current_setting('ident_file')
)
SELECT read.file, f.modification::text AS written, pg_conf_load_time()::text AS loaded
FROM read CROSS JOIN LATERAL pg_stat_file(read.file, true) AS f
WHERE f.modification > pg_conf_load_time()
ORDER BY read.file

SELECT last_failed_wal AS wal, failed_count AS failed, last_failed_time::text AS since,
       current_setting('archive_command', true) AS command
FROM pg_stat_archiver
WHERE current_setting('archive_mode') <> 'off' AND last_failed_time > coalesce(last_archived_time, '-infinity')

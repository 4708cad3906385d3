SELECT s.name AS setting, current_setting(s.name) AS running
FROM pg_settings AS s
WHERE s.pending_restart
ORDER BY s.name

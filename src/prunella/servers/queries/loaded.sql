SELECT s.name, s.setting
FROM pg_settings AS s
WHERE s.context IN ('sighup', 'superuser', 'user', 'backend', 'superuser-backend')
  AND s.source IN ('configuration file', 'default') AND s.name NOT LIKE '%password%'
ORDER BY s.name

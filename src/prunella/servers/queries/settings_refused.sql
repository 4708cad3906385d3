SELECT coalesce(f.sourcefile, '') AS file, f.sourceline AS line, coalesce(f.name, '') AS setting,
       coalesce(f.setting, '') AS value, f.error
FROM pg_file_settings AS f
WHERE f.error IS NOT NULL
ORDER BY f.seqno

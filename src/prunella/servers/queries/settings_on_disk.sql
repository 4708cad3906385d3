SELECT DISTINCT ON (f.name) f.name AS setting, f.setting AS wanted, f.sourcefile AS file, f.sourceline AS line
FROM pg_file_settings AS f
WHERE f.name IS NOT NULL
ORDER BY f.name, f.seqno DESC

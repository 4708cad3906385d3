INSERT OR REPLACE INTO spending (run, at, spent)
SELECT id, :at, :spent
FROM runs
WHERE id = :run

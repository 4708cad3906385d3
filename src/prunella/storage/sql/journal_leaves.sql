SELECT number, allowed
FROM journal
WHERE run = :run AND allowed IS NOT NULL

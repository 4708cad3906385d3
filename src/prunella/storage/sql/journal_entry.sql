SELECT run, number, token, outcome, at, plan, step, prepared, observation
FROM journal
WHERE run = :run AND number = coalesce(:number, (SELECT max(number) FROM journal WHERE run = :run))
ORDER BY id

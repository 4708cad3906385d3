SELECT run, number, token, outcome, at, plan, step, prepared, observation
FROM journal
WHERE run = :run AND number = :number
ORDER BY id

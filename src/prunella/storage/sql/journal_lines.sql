SELECT id, run, number, token, outcome, at, plan, step, prepared, observation, allowed, previous, hash
FROM journal
ORDER BY id

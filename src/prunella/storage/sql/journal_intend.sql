INSERT INTO journal (run, number, token, outcome, at, plan, step, prepared)
SELECT :run, coalesce(max(number), 0) + 1, :token, 'intended', :at, :plan, :step, :prepared
FROM journal
WHERE run = :run

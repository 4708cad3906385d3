SELECT id, run, plan, request, answer, answered_at
FROM approvals
WHERE run = :run
ORDER BY approvals.rowid

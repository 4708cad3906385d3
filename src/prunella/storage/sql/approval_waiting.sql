SELECT approvals.id, approvals.run, approvals.plan, approvals.request, approvals.answer, approvals.answered_at
FROM approvals
JOIN runs ON runs.id = approvals.run
WHERE approvals.answer IS NULL AND runs.verdict IS NULL
ORDER BY approvals.asked, approvals.rowid

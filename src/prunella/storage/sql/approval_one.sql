SELECT approvals.id, approvals.run, approvals.plan, approvals.request, approvals.answer, approvals.answered_at,
    runs.verdict
FROM approvals
JOIN runs ON runs.id = approvals.run
WHERE approvals.run = :run AND approvals.id = :id

SELECT json_object('by', answered_by, 'at', answered_at, 'question', id) AS allowed
FROM approvals
WHERE run = :run AND plan = :plan AND answer IS NOT NULL AND json_extract(answer, '$.approved')
ORDER BY answered_at DESC
LIMIT 1

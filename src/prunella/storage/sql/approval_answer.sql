UPDATE approvals
SET answer = :answer, answered_at = :at, answered_by = :by
WHERE run = :run AND id = :id AND answer IS NULL

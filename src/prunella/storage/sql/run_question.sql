SELECT asked
FROM approvals
WHERE run = :run AND answer IS NULL AND (expires IS NULL OR expires > :now)

SELECT run, id, plan, expires
FROM approvals
WHERE answer IS NULL AND expires <= :now

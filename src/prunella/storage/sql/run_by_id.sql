SELECT id, token, goal, fleet, services, brain, started, ended, verdict, cause, summary, holder, mandate,
    (SELECT asked FROM approvals WHERE approvals.run = runs.id AND answer IS NULL AND verdict IS NULL) AS asks
FROM runs
WHERE id = :run

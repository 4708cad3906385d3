SELECT id, token, goal, fleet, services, brain, started, ended, verdict, cause, summary, holder
FROM runs
ORDER BY started DESC, token DESC

SELECT runs.id, runs.holder, runs.ended
FROM leases
JOIN runs ON runs.id = leases.run
WHERE leases.fleet = :fleet AND leases.service = :service

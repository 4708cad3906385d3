SELECT count(DISTINCT journal.run || '#' || journal.number)
FROM journal
JOIN runs ON runs.id = journal.run
WHERE journal.outcome = 'applied' AND journal.at >= :since AND runs.fleet = :fleet

SELECT spending.spent
FROM spending
JOIN runs ON runs.id = spending.run
WHERE runs.fleet = :fleet AND spending.at >= :since

SELECT datname AS database, age(datfrozenxid) AS age
FROM pg_database
WHERE age(datfrozenxid) > 1600000000
ORDER BY 2 DESC

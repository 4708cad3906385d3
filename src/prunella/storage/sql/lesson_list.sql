SELECT id, lesson
FROM lessons
WHERE :fleet IS NULL OR fleet = :fleet
ORDER BY used DESC, id

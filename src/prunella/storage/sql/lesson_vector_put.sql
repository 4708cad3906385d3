INSERT OR REPLACE INTO lesson_vectors (lesson, model, vector)
SELECT id, :model, :vector
FROM lessons
WHERE id = :id

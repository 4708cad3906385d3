INSERT INTO lessons (id, fleet, used, lesson)
VALUES (:id, :fleet, :used, :lesson)
ON CONFLICT (id) DO UPDATE SET fleet = excluded.fleet, used = excluded.used, lesson = excluded.lesson

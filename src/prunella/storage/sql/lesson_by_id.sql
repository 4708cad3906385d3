SELECT id, lesson FROM lessons WHERE id = :id

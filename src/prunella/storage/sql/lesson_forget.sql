DELETE FROM lessons WHERE id = :id

SELECT lesson FROM lessons WHERE id = :id

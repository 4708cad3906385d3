SELECT lesson, vector FROM lesson_vectors WHERE model = :model

SELECT token, holder FROM runs WHERE id = :run

UPDATE runs SET token = :token, holder = :holder WHERE id = :run

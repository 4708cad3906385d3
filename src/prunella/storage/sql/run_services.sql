UPDATE runs SET services = :services WHERE id = :run

UPDATE runs SET holder = '' WHERE id = :run

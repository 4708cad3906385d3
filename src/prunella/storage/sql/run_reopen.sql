UPDATE runs SET verdict = NULL, ended = NULL WHERE id = :run

INSERT INTO journal (run, number, token, outcome, at, observation)
VALUES (:run, :number, :token, :outcome, :at, :observation)

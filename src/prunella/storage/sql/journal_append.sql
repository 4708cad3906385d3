INSERT INTO journal (run, number, token, outcome, at, plan, step, prepared, observation, allowed, previous, hash)
VALUES (:run, :number, :token, :outcome, :at, :plan, :step, :prepared, :observation, :allowed, :previous, :hash)

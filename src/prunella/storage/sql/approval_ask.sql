INSERT INTO approvals (run, id, plan, request, asked, expires)
VALUES (:run, :id, :plan, :request, :asked, :expires)
ON CONFLICT (run, id) DO NOTHING

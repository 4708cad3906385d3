INSERT INTO runs (
    id, token, goal, fleet, services, brain, started, ended, verdict, cause, summary, holder, mandate
)
VALUES (
    :id, :token, :goal, :fleet, :services, :brain, :started, :ended, :verdict, :cause, :summary, :holder, :mandate
)

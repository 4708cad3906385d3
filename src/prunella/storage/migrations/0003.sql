-- What stood on the command line that began the run, as JSON.
ALTER TABLE runs ADD COLUMN mandate TEXT NOT NULL DEFAULT '{}';

-- Questions to humans. `id` is the loop's name of it, `request` JSON and redacted, `plan` the true plan's key.
-- `answer` is the decision as JSON, and NULL while the question waits.
CREATE TABLE approvals (
    run TEXT NOT NULL REFERENCES runs (id),
    id TEXT NOT NULL,
    plan TEXT NOT NULL,
    request TEXT NOT NULL,
    asked REAL NOT NULL,
    expires REAL,
    answer TEXT,
    answered_at REAL,
    answered_by TEXT,
    UNIQUE (run, id),
    CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL))
);
CREATE INDEX approvals_waiting ON approvals (run, asked) WHERE answer IS NULL;
CREATE INDEX approvals_expiring ON approvals (expires) WHERE answer IS NULL;

CREATE TRIGGER approvals_are_answered_once BEFORE UPDATE ON approvals
WHEN old.answer IS NOT NULL
    OR (new.run, new.id, new.plan, new.request, new.asked) IS NOT (old.run, old.id, old.plan, old.request, old.asked)
    OR new.expires IS NOT old.expires
BEGIN
    SELECT RAISE(ABORT, 'a question stays as it was asked, and has one answer');
END;
CREATE TRIGGER approvals_are_kept BEFORE DELETE ON approvals
BEGIN
    SELECT RAISE(ABORT, 'a question stays as it was asked, and has one answer');
END;

-- The newest fencing token that was ever given out.
CREATE TABLE fence (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token INTEGER NOT NULL
);
INSERT INTO fence (one, token) VALUES (1, 0);

-- `services` is a JSON list. `holder` is '' when nobody works on the run.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    token INTEGER NOT NULL UNIQUE,
    goal TEXT NOT NULL,
    fleet TEXT NOT NULL,
    services TEXT NOT NULL,
    brain TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    verdict TEXT,
    cause TEXT NOT NULL,
    summary TEXT NOT NULL,
    holder TEXT NOT NULL
);
CREATE INDEX runs_by_start ON runs (started);

-- Who holds which service; its token and holder are those of the run.
CREATE TABLE leases (
    fleet TEXT NOT NULL,
    service TEXT NOT NULL,
    run TEXT NOT NULL REFERENCES runs (id),
    PRIMARY KEY (fleet, service)
) WITHOUT ROWID;
CREATE INDEX leases_by_run ON leases (run);

-- One row per word said about an effect; `plan`, `step` and `prepared` stand in the first of them only.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    token INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('intended', 'applied', 'failed', 'undoing', 'undone', 'undo_failed')),
    at REAL NOT NULL,
    plan TEXT,
    step TEXT,
    prepared TEXT,
    observation TEXT,
    CHECK ((outcome = 'intended') = (plan IS NOT NULL AND step IS NOT NULL AND prepared IS NOT NULL))
);
CREATE INDEX journal_by_entry ON journal (run, number, id);
CREATE UNIQUE INDEX journal_intents ON journal (run, number) WHERE outcome = 'intended';
CREATE INDEX journal_applied ON journal (at) WHERE outcome = 'applied';

CREATE TRIGGER journal_never_changes BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER journal_never_forgets BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER journal_never_replaces BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE id = new.id)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

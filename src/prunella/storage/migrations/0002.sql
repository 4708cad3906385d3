-- What healed. `lesson` is all of it as JSON; the other columns are what it is looked up by.
CREATE TABLE lessons (
    id TEXT PRIMARY KEY,
    fleet TEXT NOT NULL,
    used REAL NOT NULL,
    lesson TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX lessons_by_fleet ON lessons (fleet, used);

-- Little-endian float32, as `model` made them from the lesson's text.
CREATE TABLE lesson_vectors (
    lesson TEXT NOT NULL REFERENCES lessons (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (lesson, model)
) WITHOUT ROWID;

-- What a run has spent so far, as JSON; `at` is when that was noted last.
CREATE TABLE spending (
    run TEXT PRIMARY KEY REFERENCES runs (id),
    at REAL NOT NULL,
    spent TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX spending_by_time ON spending (at);

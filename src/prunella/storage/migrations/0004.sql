-- Each line of the journal carries the hash of the one before it, and its own over that and all that it says.
DROP TRIGGER journal_never_changes;
-- `allowed` is who allowed it and when, as JSON; NULL where the rules did. It stands in the first line of an entry only.
ALTER TABLE journal ADD COLUMN allowed TEXT;
ALTER TABLE journal ADD COLUMN previous TEXT;
ALTER TABLE journal ADD COLUMN hash TEXT;

CREATE TEMP TABLE chained (id INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL);
WITH RECURSIVE
genesis (hash) AS (SELECT 'sha256:0000000000000000000000000000000000000000000000000000000000000000'),
chain (id, previous, hash) AS (
    SELECT j.id, g.hash, journal_link(
        g.hash, j.run, j.number, j.token, j.outcome, j.at, j.plan, j.step, j.prepared, j.observation, j.allowed
    )
    FROM journal AS j, genesis AS g
    WHERE j.id = (SELECT min(id) FROM journal)
    UNION ALL
    SELECT j.id, c.hash, journal_link(
        c.hash, j.run, j.number, j.token, j.outcome, j.at, j.plan, j.step, j.prepared, j.observation, j.allowed
    )
    FROM chain AS c
    JOIN journal AS j ON j.id = (SELECT min(id) FROM journal WHERE id > c.id)
)
INSERT INTO chained SELECT id, previous, hash FROM chain;
UPDATE journal
SET previous = (SELECT previous FROM chained WHERE chained.id = journal.id),
    hash = (SELECT hash FROM chained WHERE chained.id = journal.id);

-- How long the journal is and how it ends, so that its last lines cannot go unnoticed.
CREATE TABLE journal_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    lines INTEGER NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO journal_head (one, lines, hash)
SELECT 1, (SELECT count(*) FROM journal), coalesce(
    (SELECT hash FROM chained ORDER BY id DESC LIMIT 1),
    'sha256:0000000000000000000000000000000000000000000000000000000000000000'
);
DROP TABLE chained;

CREATE TRIGGER journal_never_changes BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER journal_is_chained BEFORE INSERT ON journal
WHEN new.previous IS NULL OR new.hash IS NULL OR new.previous IS NOT (SELECT hash FROM journal_head)
BEGIN
    SELECT RAISE(ABORT, 'the journal is chained: a line without its hash came from an older Prunella');
END;
CREATE TRIGGER journal_head_follows AFTER INSERT ON journal
BEGIN
    UPDATE journal_head SET lines = lines + 1, hash = new.hash;
END;
CREATE TRIGGER journal_head_stays BEFORE DELETE ON journal_head
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- The keys that sealed anything in this state folder: whoever opens it must have them all.
CREATE TABLE seals (key TEXT PRIMARY KEY) WITHOUT ROWID;

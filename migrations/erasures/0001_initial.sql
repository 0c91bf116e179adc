-- The erasure journal: what a backup of the database beside it must not bring back. Keyed hashes only, and the requests
-- that wait for the operator.

-- `instance`: a hash under the database's key, so that a journal is never taken for another database's.
-- The journal is complete from `base` to `last`, by the numbers that the database gives its erasures.
CREATE TABLE standing (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    instance INTEGER NOT NULL,
    base INTEGER NOT NULL,
    last INTEGER NOT NULL
);

-- The last erasure of a kind of each post or person.
CREATE TABLE erasures (
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    number INTEGER NOT NULL,
    expires_at INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) WITHOUT ROWID;
CREATE INDEX erasures_by_number ON erasures (number);
CREATE INDEX erasures_by_age ON erasures (kind, at);
CREATE INDEX erasures_by_expiry ON erasures (expires_at) WHERE expires_at IS NOT NULL;

-- As in the database.
CREATE TABLE leave_requests (
    row INTEGER PRIMARY KEY,
    city TEXT NOT NULL,
    network TEXT NOT NULL,
    handle TEXT NOT NULL,
    person TEXT NOT NULL,
    at INTEGER NOT NULL
);

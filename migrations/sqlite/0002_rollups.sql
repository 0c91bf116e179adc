-- What the desk counts (src/domain/desk, src/store/sqlite/tally). Times as in 0001. `start` is where a bucket begins.

-- It carries an assembly tag: it counts for no author (L-42). Of posts that were placed before this column was there it is not known,
-- so that no bucket of theirs is counted: a city is counted from the day on that follows its first look.
ALTER TABLE placements ADD COLUMN assembly INTEGER NOT NULL DEFAULT 0;

-- How far each city is counted. What is before `hours_until` and `days_until` is closed, and changes no more.
CREATE TABLE tally_cities (
    city INTEGER PRIMARY KEY REFERENCES cities (row),
    since INTEGER NOT NULL,
    hours_until INTEGER NOT NULL,
    days_until INTEGER NOT NULL
);

-- For the usual level and the alert: `people` without those of assemblies.
CREATE TABLE tally_hours (
    city INTEGER NOT NULL REFERENCES cities (row),
    start INTEGER NOT NULL,
    people INTEGER NOT NULL,
    bodies INTEGER NOT NULL,
    automatic INTEGER NOT NULL,
    around INTEGER NOT NULL,
    PRIMARY KEY (city, start)
) WITHOUT ROWID;
CREATE INDEX tally_hours_by_age ON tally_hours (start);

-- The cube: what may be told, and nothing else. `authors` is a multiple of five, or NULL when they are fewer (`all` only).
CREATE TABLE tallies (
    city INTEGER NOT NULL REFERENCES cities (row),
    width TEXT NOT NULL,
    dimension TEXT NOT NULL,
    start INTEGER NOT NULL,
    value TEXT NOT NULL,
    posts INTEGER NOT NULL,
    authors INTEGER CHECK (authors >= 5 AND authors % 5 = 0),
    PRIMARY KEY (city, width, dimension, start, value)
) WITHOUT ROWID;

CREATE TABLE tally_plain (
    city INTEGER NOT NULL REFERENCES cities (row),
    width TEXT NOT NULL,
    start INTEGER NOT NULL,
    people INTEGER NOT NULL,
    bodies INTEGER NOT NULL,
    automatic INTEGER NOT NULL,
    around INTEGER NOT NULL,
    PRIMARY KEY (city, width, start)
) WITHOUT ROWID;

-- The key of an open month. With it goes, when the month is closed, all that could tell who is who in it.
CREATE TABLE tally_keys (
    city INTEGER NOT NULL REFERENCES cities (row),
    month INTEGER NOT NULL,
    until INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (city, month)
) WITHOUT ROWID;

-- Who is counted in the closed days of an open month: `cell` is a keyed hash of a value, and `who` one of a person and that
-- cell, so that nobody is known again under another value, in another city or in another month.
CREATE TABLE tally_people (
    city INTEGER NOT NULL REFERENCES cities (row),
    month INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    cell INTEGER NOT NULL,
    week INTEGER NOT NULL,
    side TEXT NOT NULL,
    who INTEGER NOT NULL,
    posts INTEGER NOT NULL,
    PRIMARY KEY (city, month, dimension, cell, week, side, who)
) WITHOUT ROWID;

-- Values of an open month that five people at least have used: of others no word outlives its posts.
CREATE TABLE tally_names (
    city INTEGER NOT NULL REFERENCES cities (row),
    month INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    cell INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (city, month, dimension, cell)
) WITHOUT ROWID;

-- The public register of the desk (src/domain/register.rs). Times as in 0001.

-- Saved searches, ended ones too. Numbers are of their city, from 1. Who saved one is in the city's log alone.
CREATE TABLE watches (
    city TEXT NOT NULL,
    number INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    purpose TEXT NOT NULL,
    role TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (city, number)
) WITHOUT ROWID;

-- How often a page of the desk was opened: `day` is where a day of the city begins.
CREATE TABLE desk_looks (
    city TEXT NOT NULL,
    day INTEGER NOT NULL,
    page TEXT NOT NULL,
    role TEXT NOT NULL,
    looks INTEGER NOT NULL,
    PRIMARY KEY (city, day, page, role)
) WITHOUT ROWID;
CREATE INDEX desk_looks_by_age ON desk_looks (day);
-- Looks at what a search showed are its runs.
CREATE INDEX desk_runs ON desk_looks (city, day) WHERE page GLOB 'watch:*';

-- Notices that are written at a desk (src/domain/notice.rs). What is published is a post like any other; this is the town's own text,
-- and how it came to be there.
CREATE TABLE notices (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    city TEXT NOT NULL,
    what TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    state TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    decided_by TEXT,
    post INTEGER
);
CREATE INDEX notices_by_city ON notices (city, number);

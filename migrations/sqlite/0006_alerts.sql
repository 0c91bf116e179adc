-- What is unusual in a city, and who was told (src/domain/alert.rs, src/store/sqlite/alerts.rs). Times as in 0001.

-- What goes on now: so that a restart neither repeats an alert nor forgets that one was given.
CREATE TABLE alert_events (
    city TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    since INTEGER NOT NULL,
    last INTEGER NOT NULL
) WITHOUT ROWID;

-- `authors` is a multiple of five, or NULL when they are fewer; `usual_milli` is in thousandths of a post; `ended_at` is NULL
-- while it goes on.
CREATE TABLE alerts (
    row INTEGER PRIMARY KEY,
    city TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    posts INTEGER NOT NULL,
    authors INTEGER CHECK (authors >= 5 AND authors % 5 = 0),
    usual_milli INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (city, at)
);
CREATE INDEX alerts_by_age ON alerts (at);

-- To whom an alert is sent: `waiting`, `sent` or `given_up`.
CREATE TABLE alert_dispatches (
    alert INTEGER NOT NULL REFERENCES alerts (row),
    channel TEXT NOT NULL,
    receiver TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (alert, channel, receiver)
) WITHOUT ROWID;
CREATE INDEX alert_dispatches_waiting ON alert_dispatches (due_at) WHERE state = 'waiting';

-- Times are microseconds since 1970 UTC. Identifiers of 64 bits are stored as the signed integer of the same bits.
-- Columns named `row` are SQLite's own row numbers: they grow with arrival, which keeps every index append-mostly.

-- `erased`: the number of the last erasure. `copied_at`: when this copy was made; NULL in a database that is in use.
CREATE TABLE meta (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch INTEGER NOT NULL,
    id_key BLOB NOT NULL CHECK (length(id_key) = 32),
    erased INTEGER NOT NULL DEFAULT 0,
    copied_at INTEGER
);

-- What a backup must not bring back, on its way into the erasure journal beside the database (src/store/journal.rs).
CREATE TABLE erasures (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    expires_at INTEGER,
    at INTEGER NOT NULL
);

-- In a copy: what each table held when the copy was made. Empty in a database that is in use.
CREATE TABLE copied_tables (
    name TEXT PRIMARY KEY,
    entries INTEGER NOT NULL,
    sum TEXT NOT NULL
) WITHOUT ROWID;

-- `last_position` is the last position given in the city; positions order the page, offsets order the log.
CREATE TABLE cities (
    row INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    last_position INTEGER NOT NULL
);

-- No bio: it is read for opt-out marks and then forgotten. `hidden`: the account is not active.
-- `checked_at` NULL: the network was never asked, and nothing of the author is shown.
CREATE TABLE authors (
    row INTEGER PRIMARY KEY,
    network TEXT NOT NULL,
    native_id TEXT NOT NULL,
    handle TEXT,
    name TEXT,
    labels TEXT NOT NULL,
    discoverable INTEGER,
    indexable INTEGER,
    noindex INTEGER,
    locked INTEGER NOT NULL,
    automated INTEGER NOT NULL,
    status TEXT NOT NULL,
    checked_at INTEGER,
    hidden INTEGER NOT NULL,
    UNIQUE (network, native_id)
);
CREATE INDEX authors_by_check ON authors (network, checked_at);

-- `id` is the hashed key by which posts are found; `native_id` is the second look that tells collisions apart.
-- `moderated`: hidden by the operator. `date_corrected`: `created_at` is not the author's own date, which lay ahead. `checked_at` 0: the network is to be asked before it is shown again. JSON columns hold compact arrays (src/store/sqlite/json.rs).
CREATE TABLE posts (
    row INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    network TEXT NOT NULL,
    native_id TEXT NOT NULL,
    author INTEGER NOT NULL REFERENCES authors (row),
    url TEXT,
    text TEXT NOT NULL,
    facets TEXT NOT NULL,
    languages TEXT NOT NULL,
    tags TEXT NOT NULL,
    media TEXT NOT NULL,
    labels TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    date_corrected INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    revision TEXT NOT NULL,
    reply_parent TEXT,
    reply_root TEXT,
    place_name TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    cancelled INTEGER NOT NULL,
    sensitive INTEGER NOT NULL,
    automated INTEGER NOT NULL,
    moderated INTEGER NOT NULL,
    checked_at INTEGER NOT NULL
);
CREATE INDEX posts_by_author ON posts (author);
CREATE INDEX posts_by_check ON posts (network, checked_at);

-- A post in one city. `tier` NULL: queued, shown nowhere. `position` is given when it is first admitted and kept.
-- `published`: its `post` entry has been written. `shown`: the page has it now, which is what the log says too.
-- `thread` and `reply_to` are rows of posts that are admitted in the same city; they are cleared when those go.
-- `expires_at`: when it goes by itself, before its tier's time is over.
-- `folded`: the row of the post whose card stands for this one, which says the same; then it is not shown by itself.
-- `copies`: of a card that stands for others, where they are.
-- `lon` and `lat` are the centre of a privacy cell or a public body's own point, never an exact one.
CREATE TABLE placements (
    post INTEGER NOT NULL REFERENCES posts (row),
    city INTEGER NOT NULL REFERENCES cities (row),
    tier TEXT,
    position INTEGER,
    published INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    lane TEXT NOT NULL,
    expires_at INTEGER,
    thread INTEGER,
    reply_to INTEGER,
    folded INTEGER,
    copies TEXT NOT NULL,
    zone TEXT,
    zone_from_text INTEGER NOT NULL,
    lon REAL,
    lat REAL,
    precision_m INTEGER,
    origin TEXT,
    official TEXT,
    reasons TEXT NOT NULL,
    recipe TEXT NOT NULL,
    PRIMARY KEY (post, city)
) WITHOUT ROWID;
CREATE UNIQUE INDEX placements_by_position ON placements (city, position) WHERE shown;
CREATE INDEX placements_by_arrival ON placements (city, received_at) WHERE shown;
CREATE INDEX placements_by_age ON placements (tier, received_at);
CREATE INDEX placements_by_end ON placements (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX placements_announced ON placements (city, lane, expires_at) WHERE shown AND expires_at IS NOT NULL;
CREATE INDEX placements_by_thread ON placements (thread) WHERE thread IS NOT NULL;
CREATE INDEX placements_by_reply ON placements (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX placements_by_card ON placements (folded, city) WHERE folded IS NOT NULL;

-- By what posts are found that may be one utterance: keyed hashes, no text (src/domain/utterance). Most posts have none.
CREATE TABLE utterance_keys (
    post INTEGER NOT NULL REFERENCES posts (row),
    hash INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (post, hash, kind)
) WITHOUT ROWID;
CREATE INDEX utterance_keys_by_hash ON utterance_keys (hash);

-- Everything a reader is given comes through this view, so nothing hidden, queued or erased can reach one.
CREATE VIEW cards AS
SELECT
    p.city AS city, p.position AS position, p.tier AS tier, p.lane AS lane, p.expires_at AS expires_at, p.zone AS zone,
    p.zone_from_text AS zone_from_text, p.lon AS lon, p.lat AS lat, p.precision_m AS precision_m,
    p.origin AS origin, p.official AS official, p.reasons AS reasons, p.recipe AS recipe,
    p.received_at AS received_at, p.copies AS copies, p.thread AS thread_row,
    (SELECT t.id FROM placements AS tp JOIN placements AS th ON th.post = coalesce(tp.folded, tp.post) AND th.city = tp.city
      JOIN posts AS t ON t.row = th.post
      WHERE tp.post = p.thread AND tp.city = p.city AND th.shown AND th.post != p.post) AS thread,
    (SELECT r.id FROM placements AS rp JOIN placements AS rh ON rh.post = coalesce(rp.folded, rp.post) AND rh.city = rp.city
      JOIN posts AS r ON r.row = rh.post
      WHERE rp.post = p.reply_to AND rp.city = p.city AND rh.shown AND rh.post != p.post) AS reply_to,
    s.row AS row, s.id AS id, s.network AS network, s.native_id AS native_id, s.url AS url, s.text AS text,
    s.facets AS facets, s.languages ->> 0 AS lang, s.tags AS tags, s.media AS media,
    s.created_at AS created_at, s.edited_at AS edited_at,
    s.starts_at AS starts_at, s.ends_at AS ends_at, s.cancelled AS cancelled,
    s.date_corrected AS date_corrected, s.sensitive AS sensitive,
    (s.automated OR a.automated) AS automated,
    a.native_id AS author_id, a.handle AS handle, a.name AS name
FROM placements AS p
JOIN posts AS s ON s.row = p.post
JOIN authors AS a ON a.row = s.author
WHERE p.shown;

-- Offsets are contiguous from `cities.floor` + 1 to `cities.head`. No text: an entry is resolved when it is read.
CREATE TABLE feed_log (
    city INTEGER NOT NULL REFERENCES cities (row),
    log_offset INTEGER NOT NULL,
    op TEXT NOT NULL,
    post INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (city, log_offset)
) WITHOUT ROWID;

-- `post` is the keyed hash that was the post's id. `expires_at` NULL: for ever.
CREATE TABLE tombstones (
    post INTEGER PRIMARY KEY,
    reason TEXT NOT NULL CHECK (reason IN ('deleted', 'erased')),
    expires_at INTEGER
);

CREATE TABLE suppressed (
    subject INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
);

CREATE TABLE checkpoints (
    source TEXT PRIMARY KEY,
    position TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gaps (
    row INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    network TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    UNIQUE (source, from_at, until_at)
);

-- What was asked for before a gap's end says nothing of what happened in it. An end ahead of the clock of whoever told
-- it would have everything asked for until then. There are some thousand gaps at most.
CREATE VIEW doubted AS
SELECT network, max(min(until_at, told_at)) AS until_at FROM gaps GROUP BY network;

-- What signed deliveries were answered, so that one that comes again is answered the same. `sender`, `message` and `body`
-- are keyed hashes; `outcomes` is a word for each item. No id and no text is here, so that nothing erased is either.
-- `number` counts a sender's receipts upwards: the oldest go first.
CREATE TABLE receipts (
    sender INTEGER NOT NULL,
    number INTEGER NOT NULL,
    message INTEGER NOT NULL,
    body INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcomes TEXT NOT NULL,
    PRIMARY KEY (sender, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX receipts_by_message ON receipts (sender, message);
CREATE INDEX receipts_by_age ON receipts (at);

-- `person` is the handle folded for comparison.
CREATE TABLE leave_requests (
    row INTEGER PRIMARY KEY,
    city TEXT NOT NULL,
    network TEXT NOT NULL,
    handle TEXT NOT NULL,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (network, person, city)
);

-- How the operator's command line reaches the serving process. A row lives until its answer has been read.
CREATE TABLE commands (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT,
    answer TEXT
);

-- Words of texts only: never handles or names. New posts come by a statement of their own, by the batch. `secure-delete` makes a deletion reach the index's own pages.
CREATE VIRTUAL TABLE posts_text USING fts5 (
    text, content = 'posts', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO posts_text (posts_text, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER posts_text_delete AFTER DELETE ON posts BEGIN
    INSERT INTO posts_text (posts_text, rowid, text) VALUES ('delete', old.row, old.text);
END;
CREATE TRIGGER posts_text_update AFTER UPDATE OF text ON posts WHEN old.text IS NOT new.text BEGIN
    INSERT INTO posts_text (posts_text, rowid, text) VALUES ('delete', old.row, old.text);
    INSERT INTO posts_text (rowid, text) VALUES (new.row, new.text);
END;

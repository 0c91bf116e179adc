-- What moderators decide in each city, and who asked for it (src/domain/moderation). Times and identifiers as in 0001.

-- A line of a city's public log. Numbers are contiguous from 1 in each city. No text of a post is here.
-- `post`: the id of the post that it was taken on; NULL of a word. `author`: of a blocked author, the keyed hash.
-- `until`: when it ends by itself. `ended_at`, `ended`: when it ended, and why.
CREATE TABLE decisions (
    city TEXT NOT NULL,
    number INTEGER NOT NULL,
    measure TEXT NOT NULL,
    motive TEXT NOT NULL,
    post INTEGER,
    author INTEGER,
    word TEXT,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    ended_at INTEGER,
    ended TEXT,
    PRIMARY KEY (city, number)
) WITHOUT ROWID;
CREATE INDEX decisions_in_force ON decisions (city, measure) WHERE ended_at IS NULL;
CREATE INDEX decisions_by_end ON decisions (until) WHERE ended_at IS NULL AND until IS NOT NULL;

-- The posts that a decision is about: the one that it was taken on, and what says the same. They may be gone, and come again.
CREATE TABLE decided_posts (
    post INTEGER NOT NULL,
    city TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (post, city, number)
) WITHOUT ROWID;
CREATE INDEX decided_posts_by_decision ON decided_posts (city, number);

-- Reports, notices and appeals. `sender`: a keyed hash of the address block and the post, so that one is counted once and nobody
-- is known again under another post. `follow`: the hash of what its sender follows it by.
CREATE TABLE complaints (
    row INTEGER PRIMARY KEY,
    city TEXT NOT NULL,
    kind TEXT NOT NULL,
    post INTEGER NOT NULL,
    decision INTEGER,
    motive TEXT NOT NULL,
    words TEXT NOT NULL,
    contact TEXT,
    sender INTEGER NOT NULL,
    follow BLOB NOT NULL UNIQUE CHECK (length(follow) = 32),
    at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT,
    upheld INTEGER,
    closed_with INTEGER,
    answer TEXT
);
CREATE INDEX complaints_open ON complaints (city, at) WHERE closed_at IS NULL;
CREATE INDEX complaints_by_post ON complaints (city, post);
CREATE INDEX complaints_by_age ON complaints (at);

-- `covered`: the motive of the fold that a card stands behind. `pinned`: it is named above the feed.
ALTER TABLE placements ADD COLUMN covered TEXT;
ALTER TABLE placements ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX placements_pinned ON placements (city) WHERE pinned AND shown;

DROP VIEW cards;
CREATE VIEW cards AS
SELECT
    p.city AS city, p.position AS position, p.tier AS tier, p.lane AS lane, p.expires_at AS expires_at, p.zone AS zone,
    p.zone_from_text AS zone_from_text, p.lon AS lon, p.lat AS lat, p.precision_m AS precision_m,
    p.origin AS origin, p.official AS official, p.reasons AS reasons, p.recipe AS recipe,
    p.received_at AS received_at, p.copies AS copies, p.thread AS thread_row, p.covered AS covered, p.pinned AS pinned,
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

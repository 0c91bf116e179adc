//! Every SQL statement of the store.
//!
//! Owns their texts, under the names by which the other modules call them. Does not own when they run.
//! Invariant: each is in [`all`], so that a test prepares it and counts its parameters.
//!
//! A batch is read with one statement for each table, whatever its size: the keys travel as one JSON array. Its rows are
//! written by the hundred ([`Insert`]), value by value: to unpack them from JSON would cost more than to store them.

use super::insert::Insert;
use super::statement::{Statement, statements};

/// [`crate::domain::Filter`] over the view `cards`; the values are bound in this order.
macro_rules! filter {
    ($c:literal) => {
        concat!(
            " ($3 IS NULL OR ",
            $c,
            ".network = $3) AND ($4 IS NULL OR ",
            $c,
            ".lang = $4)",
            " AND ($5 IS NULL OR ",
            $c,
            ".lane = $5) AND ($6 IS NULL OR ",
            $c,
            ".zone = $6)",
            " AND ($7 IS NULL OR EXISTS (SELECT 1 FROM json_each(",
            $c,
            ".tags) AS tag WHERE tag.value ->> 1 = $7)) "
        )
    };
}

/// Items of a city's inbox that may be read, and what the desk is told of each. `earlier`: by the same author, answered.
macro_rules! desk_items {
    () => {
        "SELECT m.*, s.id AS id, s.network AS network, s.native_id AS native_id, s.url AS url, s.text AS text,
            s.facets AS facets, s.languages ->> 0 AS lang, s.media AS media, s.edited_at AS edited_at, a.handle AS handle,
            a.name AS name, s.moderated AS moderated,
            EXISTS (SELECT 1 FROM placements AS p WHERE p.post = m.post AND p.city = m.city AND p.shown) AS on_page,
            (SELECT count(*) FROM posts AS o JOIN mentions AS e ON e.post = o.row WHERE o.author = s.author
                AND e.city = m.city AND e.row < m.row AND e.state IN ('answered', 'answered_elsewhere')) AS earlier
        FROM mentions AS m JOIN posts AS s ON s.row = m.post JOIN authors AS a ON a.row = s.author
        WHERE m.city = (SELECT row FROM cities WHERE slug = $1)
            AND NOT a.hidden AND a.checked_at IS NOT NULL AND s.checked_at != 0 "
    };
}

statements! {
    // ── the file ──
    VERSION: 0 = "SELECT sqlite_version() AS version";
    QUICK_CHECK: 0 = "PRAGMA quick_check(1)";
    DATA_VERSION: 0 = "PRAGMA data_version";
    TRUNCATE_LOG: 0 = "PRAGMA wal_checkpoint(TRUNCATE)";
    /// How long the writer waits, in milliseconds: for readers, when it empties the log; and as it is opened
    /// (`open::WRITER_BUSY`).
    WAIT_BRIEFLY: 0 = "PRAGMA busy_timeout = 30";
    WAIT: 0 = "PRAGMA busy_timeout = 1000";
    BEGIN: 0 = "BEGIN IMMEDIATE";
    COMMIT: 0 = "COMMIT";
    ROLLBACK: 0 = "ROLLBACK";
    META: 0 = "SELECT epoch, id_key, erased, copied_at FROM meta";
    /// What the copied file will hold is fixed when it is called; writing goes on beside it.
    COPY_INTO: 1 = "VACUUM INTO $1";
    WHOLE_CHECK: 0 = "PRAGMA integrity_check(1)";
    PAGES: 0 = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
    HAS_PAGE_TABLE: 0 = "SELECT 1 FROM pragma_module_list WHERE name = 'sqlite_dbpage'";
    LAST_PAGE: 0 = "SELECT page_count AS last FROM pragma_page_count";
    /// The pages from `$1` and below `$2`.
    READ_PAGES: 2 = "WITH RECURSIVE n (number) AS (SELECT $1 UNION ALL SELECT number + 1 FROM n WHERE number + 1 < $2)
        SELECT n.number AS number, page.data AS bytes FROM n CROSS JOIN sqlite_dbpage AS page ON page.pgno = n.number";
    WRITE_PAGE: 2 = "UPDATE sqlite_dbpage SET data = $2 WHERE pgno = $1";
    NEWEST_ARRIVAL: 0 = "SELECT received_at FROM posts ORDER BY row DESC LIMIT 1";
    META_INSERT: 2 = "INSERT INTO meta (only_row, epoch, id_key) VALUES (1, $1, $2)";

    // ── loading what a batch touches ──
    LAST_ROWS: 0 = "SELECT (SELECT coalesce(max(row), 0) FROM posts) AS posts,
        (SELECT coalesce(max(row), 0) FROM authors) AS authors, (SELECT coalesce(max(row), 0) FROM cities) AS cities,
        (SELECT erased FROM meta) AS erased";
    /// `$1`: ids.
    POSTS: 1 = "SELECT s.*, a.network AS author_network, a.native_id AS author_id, a.handle, a.name,
            a.labels AS author_labels, a.discoverable, a.indexable, a.noindex, a.locked,
            a.automated AS author_automated, a.status, a.checked_at AS author_checked_at, a.hidden
        FROM json_each($1) AS j JOIN posts AS s ON s.id = j.value JOIN authors AS a ON a.row = s.author
        ORDER BY s.row";
    /// `$1`: rows of posts.
    PLACEMENTS: 1 = "SELECT p.*, c.slug AS slug, t.id AS thread_id, r.id AS reply_id, f.id AS folded_id
        FROM json_each($1) AS j JOIN placements AS p ON p.post = j.value JOIN cities AS c ON c.row = p.city
        LEFT JOIN posts AS t ON t.row = p.thread LEFT JOIN posts AS r ON r.row = p.reply_to
        LEFT JOIN posts AS f ON f.row = p.folded";
    /// `$1`: rows of posts.
    MENTIONS: 1 = "SELECT m.*, c.slug AS slug FROM json_each($1) AS j JOIN mentions AS m ON m.post = j.value
        JOIN cities AS c ON c.row = m.city";
    /// `$1`: rows of posts.
    KEYS: 1 = "SELECT k.post AS post, k.hash AS hash, k.kind AS kind
        FROM json_each($1) AS j JOIN utterance_keys AS k ON k.post = j.value";
    /// `$1`: hashes.
    POSTS_OF_KEYS: 1 = "SELECT s.id FROM json_each($1) AS j CROSS JOIN utterance_keys AS k ON k.hash = j.value
        JOIN posts AS s ON s.row = k.post";
    /// `$1`: rows of posts. Those that share a key, those that name one of these as their origin, and the origins.
    SHARING: 1 = "SELECT s.id FROM json_each($1) AS j CROSS JOIN utterance_keys AS k ON k.post = j.value
            CROSS JOIN utterance_keys AS o ON o.hash = k.hash JOIN posts AS s ON s.row = o.post WHERE k.kind != 'whose'
        UNION SELECT s.id FROM json_each($1) AS j CROSS JOIN posts AS own ON own.row = j.value
            CROSS JOIN utterance_keys AS o ON o.hash = own.id JOIN posts AS s ON s.row = o.post
        UNION SELECT s.id FROM json_each($1) AS j CROSS JOIN utterance_keys AS k ON k.post = j.value
            JOIN posts AS s ON s.id = k.hash";
    /// `$1`: pairs of network and native id.
    AUTHORS: 1 = "SELECT a.row AS author, a.network AS author_network, a.native_id AS author_id, a.handle, a.name,
            a.labels AS author_labels, a.discoverable, a.indexable, a.noindex, a.locked,
            a.automated AS author_automated, a.status, a.checked_at AS author_checked_at, a.hidden
        FROM json_each($1) AS j JOIN authors AS a
            ON a.network = j.value ->> 0 AND a.native_id = j.value ->> 1";
    /// `$1`: rows of authors.
    POSTS_OF_AUTHORS: 1 = "SELECT s.id FROM json_each($1) AS j JOIN posts AS s ON s.author = j.value ORDER BY s.row";
    /// `$1`: row of an author. `$2`: how many.
    LATEST_OF_AUTHOR: 2 = "SELECT id FROM posts WHERE author = $1 ORDER BY row DESC LIMIT $2";
    /// `$1`: rows of posts.
    DEPENDENTS: 1 = "SELECT s.id FROM json_each($1) AS j JOIN placements AS p ON p.thread = j.value
            JOIN posts AS s ON s.row = p.post
        UNION SELECT s.id FROM json_each($1) AS j JOIN placements AS p ON p.reply_to = j.value
            JOIN posts AS s ON s.row = p.post
        UNION SELECT s.id FROM json_each($1) AS j JOIN placements AS p ON p.folded = j.value
            JOIN posts AS s ON s.row = p.post
        UNION SELECT s.id FROM json_each($1) AS j JOIN placements AS p ON p.post = j.value
            JOIN posts AS s ON s.row = p.folded";
    /// `$1`: ids.
    TOMBSTONES: 1 = "SELECT t.* FROM json_each($1) AS j JOIN tombstones AS t ON t.post = j.value";
    /// `$1`: hashes.
    SUPPRESSED: 1 = "SELECT s.subject FROM json_each($1) AS j JOIN suppressed AS s ON s.subject = j.value";
    /// `$1`: slugs.
    CITIES: 1 = "SELECT c.* FROM json_each($1) AS j JOIN cities AS c ON c.slug = j.value";

    // ── writing it back ──
    /// `$1`: rows of posts, upwards: FTS5 writes its index out whenever a row number goes back. One statement for a batch,
    /// and the last one: FTS5 also writes it out before every other statement.
    WRITE_TEXTS: 1 = "INSERT INTO posts_text (rowid, text)
        SELECT s.row, s.text FROM json_each($1) AS j CROSS JOIN posts AS s ON s.row = j.value";
    /// `$1`: pairs of post row and city row.
    DELETE_PLACEMENTS: 1 = "DELETE FROM placements
        WHERE (post, city) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))";
    /// `$1`: rows of posts. Their placements first, for the foreign key.
    DELETE_PLACEMENTS_OF: 1 = "DELETE FROM placements WHERE post IN (SELECT value FROM json_each($1))";
    /// `$1`: pairs of post row and city row.
    DELETE_MENTIONS: 1 = "DELETE FROM mentions
        WHERE (post, city) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))";
    DELETE_MENTIONS_OF: 1 = "DELETE FROM mentions WHERE post IN (SELECT value FROM json_each($1))";
    DELETE_KEYS_OF: 1 = "DELETE FROM utterance_keys WHERE post IN (SELECT value FROM json_each($1))";
    DELETE_POSTS: 1 = "DELETE FROM posts WHERE row IN (SELECT value FROM json_each($1))";
    /// `$1`: rows of authors; those that still have posts stay. Returns the rows that went.
    DELETE_AUTHORS: 1 = "DELETE FROM authors WHERE row IN (SELECT value FROM json_each($1))
        AND NOT EXISTS (SELECT 1 FROM posts WHERE posts.author = authors.row) RETURNING row";
    WRITE_CITIES: 1 = "INSERT INTO cities (row, slug, head, floor, last_position)
        SELECT value ->> 0, value ->> 1, value ->> 2, 0, value ->> 3 FROM json_each($1) WHERE true
        ON CONFLICT (row) DO UPDATE SET head = excluded.head, last_position = excluded.last_position";
    /// A permanent tombstone is never shortened, and `erased` outlives `deleted`.
    WRITE_TOMBSTONES: 1 = "INSERT INTO tombstones (post, reason, expires_at)
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1) WHERE true
        ON CONFLICT (post) DO UPDATE SET
            reason = CASE WHEN reason = 'erased' THEN reason ELSE excluded.reason END,
            expires_at = CASE WHEN expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
                ELSE max(expires_at, excluded.expires_at) END";
    /// `$2`: now.
    WRITE_SUPPRESSED: 2 = "INSERT INTO suppressed (subject, at) SELECT value, $2 FROM json_each($1) WHERE true
        ON CONFLICT (subject) DO NOTHING";
    /// `$1`: number, kind, subject, end. `$2`: now.
    WRITE_ERASURES: 2 = "INSERT INTO erasures (number, kind, subject, expires_at, at)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, $2 FROM json_each($1)";
    COUNT_ERASURES: 1 = "UPDATE meta SET erased = $1";
    /// `$1`: id, time, and after what an earlier one was noted by a wrong clock.
    WRITE_CHECKED: 1 = "UPDATE posts SET checked_at = CASE WHEN checked_at > j.value ->> 2 THEN j.value ->> 1
        ELSE max(checked_at, j.value ->> 1) END FROM json_each($1) AS j WHERE posts.id = j.value ->> 0";
    WRITE_CHECKPOINT: 2 = "INSERT INTO checkpoints (source, position) VALUES ($1, $2)
        ON CONFLICT (source) DO UPDATE SET position = excluded.position";
    /// Sender, message, body, now, outcomes.
    WRITE_RECEIPT: 5 = "INSERT INTO receipts (sender, number, message, body, at, outcomes)
        SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM receipts WHERE sender = $1
        ON CONFLICT (sender, message) DO NOTHING";
    /// Sender, and how many of the newest are kept.
    DROP_OLD_RECEIPTS: 2 = "DELETE FROM receipts WHERE sender = $1
        AND number <= (SELECT max(number) FROM receipts WHERE sender = $1) - $2";
    WRITE_GAP: 5 = "INSERT INTO gaps (source, network, from_at, until_at, told_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (source, from_at, until_at) DO NOTHING";
    /// `$1`: how many of the newest are kept.
    DROP_GAPS: 1 = "DELETE FROM gaps WHERE row <= (SELECT max(row) FROM gaps) - $1";
    /// `$1`: triples of network, folded handle, folded id.
    DROP_REQUESTS_OF: 1 = "DELETE FROM leave_requests WHERE (network, person) IN
        (SELECT value ->> 0, value ->> 1 FROM json_each($1)
         UNION SELECT value ->> 0, value ->> 2 FROM json_each($1))";

    // ── what readers are given ──
    CITY: 1 = "SELECT row, head, floor FROM cities WHERE slug = $1";
    ENTRIES: 3 = "SELECT log_offset, op, post FROM feed_log WHERE city = $1 AND log_offset > $2
        ORDER BY log_offset LIMIT $3";
    /// `$2`: ids. `CROSS JOIN` has SQLite begin with the few that are asked for, not with the city.
    CARDS: 2 = "SELECT c.* FROM json_each($2) AS j CROSS JOIN cards AS c WHERE c.id = j.value AND c.city = $1";
    /// City, before, filter, limit.
    PAGE: 8 = concat!("SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.position < $2 AND", filter!("c"),
        "ORDER BY c.position DESC LIMIT $8");
    /// As `PAGE`, without replies whose thread the reader sees too.
    PAGE_OF_THREADS: 8 = concat!("SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.position < $2 AND", filter!("c"),
        "AND (c.thread IS NULL OR NOT EXISTS (SELECT 1 FROM cards AS t WHERE t.id = c.thread AND t.city = c.city",
        " AND", filter!("t"), ")) ORDER BY c.position DESC LIMIT $8");
    /// `$2`: rows of the threads' cards; what answers a post that one of them stands for hangs under it. `$8`: newest
    /// replies of each.
    REPLIES: 8 = concat!("SELECT * FROM (SELECT c.*, row_number() OVER (PARTITION BY root.card ORDER BY c.position DESC)",
        " AS age FROM (SELECT value AS card, value AS post FROM json_each($2) UNION ALL",
        " SELECT f.folded, f.post FROM json_each($2) AS j CROSS JOIN placements AS f ON f.folded = j.value AND f.city = $1",
        ") AS root CROSS JOIN cards AS c WHERE c.thread_row = root.post AND c.city = $1 AND", filter!("c"),
        ") WHERE age <= $8 ORDER BY position");
    /// As `PAGE`; `$9`: words, `$10`: how far back tier B is searched. Tier B− never is.
    SEARCH: 10 = concat!("SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.position < $2 AND", filter!("c"),
        "AND c.row IN (SELECT rowid FROM posts_text WHERE posts_text MATCH $9)",
        " AND (c.tier = 'invited' OR (c.tier = 'public' AND c.received_at >= $10))",
        " ORDER BY c.position DESC LIMIT $8");
    /// City, now, limit.
    NOTICES: 3 = "SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.lane = 'info' AND c.expires_at > $2
        ORDER BY c.created_at DESC LIMIT $3";
    EVENTS: 3 = "SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.lane = 'agenda' AND c.expires_at > $2
        ORDER BY coalesce(c.starts_at, c.expires_at) LIMIT $3";
    /// City, limit.
    PINNED: 2 = "SELECT c.* FROM cards AS c WHERE c.city = $1 AND c.pinned ORDER BY c.position DESC LIMIT $2";
    /// City's slug, since. The author of what is listed is the list's address, a sender's its account. What a card stands for
    /// was brought too.
    VOLUMES: 2 = "WITH here (city) AS (SELECT row FROM cities WHERE slug = $1)
        SELECT s.network AS network, CASE WHEN s.network IN ('feed', 'opendata', 'push') THEN a.native_id END AS site, count(*) AS posts,
            max(p.received_at) AS last_at
        FROM (SELECT post, received_at FROM placements WHERE shown AND city = (SELECT city FROM here) AND received_at >= $2
            UNION ALL SELECT f.post, f.received_at FROM placements AS f
                WHERE f.folded IS NOT NULL AND f.city = (SELECT city FROM here) AND f.received_at >= $2 AND EXISTS
                    (SELECT 1 FROM placements AS h WHERE h.post = f.folded AND h.city = f.city AND h.shown)
            ) AS p JOIN posts AS s ON s.row = p.post JOIN authors AS a ON a.row = s.author
        GROUP BY 1, 2 ORDER BY 1, 2";
    TIMES: 3 = "SELECT p.received_at FROM placements AS p WHERE p.shown
        AND p.city = (SELECT row FROM cities WHERE slug = $1) AND p.received_at >= $2
        AND NOT (SELECT automated FROM posts WHERE row = p.post) ORDER BY p.received_at DESC LIMIT $3";

    // ── what the desk is given ──
    /// City's slug, before, state, limit.
    DESK_ITEMS: 4 = concat!(desk_items!(), "AND m.row < $2 AND ($3 IS NULL OR m.state = $3) ORDER BY m.row DESC LIMIT $4");
    /// City's slug, post's id.
    DESK_ITEM: 2 = concat!(desk_items!(), "AND s.id = $2");
    /// City's slug, since, limit.
    ASKED: 3 = "SELECT m.asked_at, m.state, m.answered_at FROM mentions AS m
        WHERE m.city = (SELECT row FROM cities WHERE slug = $1) AND m.asked_at >= $2 ORDER BY m.asked_at DESC LIMIT $3";

    // ── what the process starts from ──
    /// Row after which to look, limit.
    ADDRESSED: 2 = "SELECT m.row AS row, s.id AS id, c.slug AS slug FROM mentions AS m JOIN posts AS s ON s.row = m.post
        JOIN cities AS c ON c.row = m.city WHERE m.row > $1 ORDER BY m.row LIMIT $2";
    /// Sender and message.
    RECEIPT: 2 = "SELECT body, outcomes FROM receipts WHERE sender = $1 AND message = $2";
    CHECKPOINT: 1 = "SELECT position FROM checkpoints WHERE source = $1";
    KNOWN: 2 = "SELECT s.row AS row, s.id AS id, p.tier IS NOT NULL AS placed, c.slug AS slug, t.id AS thread
        FROM (SELECT row, id FROM posts WHERE row > $1 ORDER BY row LIMIT $2) AS s
        LEFT JOIN placements AS p ON p.post = s.row LEFT JOIN cities AS c ON c.row = p.city
        LEFT JOIN posts AS t ON t.row = p.thread ORDER BY s.row, c.slug";
    ALL_AUTHORS: 2 = "SELECT row AS author, network AS author_network, native_id AS author_id, handle, name,
            labels AS author_labels, discoverable, indexable, noindex, locked, automated AS author_automated,
            status, checked_at AS author_checked_at, hidden
        FROM authors WHERE row > $1 ORDER BY row LIMIT $2";
    ALL_SUPPRESSED: 0 = "SELECT subject FROM suppressed";
    /// Network, older than, limit, times that were noted by a wrong clock. What was asked for before a gap's end is asked for
    /// again at once.
    STALE_AUTHORS: 4 = "SELECT native_id FROM authors WHERE network = $1
        AND (checked_at IS NULL OR checked_at < max($2, ifnull((SELECT until_at FROM doubted WHERE network = $1), 0))
            OR checked_at > $4) ORDER BY checked_at LIMIT $3";
    /// As `STALE_AUTHORS`; `$5`: ids of posts that are not due yet.
    STALE_POSTS: 5 = "SELECT s.id AS id, s.native_id AS native_id, a.native_id AS author_id
        FROM posts AS s CROSS JOIN authors AS a ON a.row = s.author
        WHERE s.network = $1 AND NOT a.hidden AND (s.checked_at > $4
            OR s.checked_at < max($2, ifnull((SELECT until_at FROM doubted WHERE network = $1), 0)))
        AND s.id NOT IN (SELECT value FROM json_each($5)) ORDER BY s.checked_at LIMIT $3";
    /// Network, row after which to look, since its arrival, arrived before, limit.
    YOUNG_POSTS: 5 = "SELECT s.row AS row, s.id AS id, s.native_id AS native_id, a.native_id AS author_id
        FROM posts AS s CROSS JOIN authors AS a ON a.row = s.author
        WHERE s.row > $2 AND s.row <= $2 + 5000 AND s.network = $1 AND NOT a.hidden AND s.received_at <= $4
        AND s.checked_at < s.received_at + $3 ORDER BY s.row LIMIT $5";
    /// Row after which to look, arrived before, now: the last row before one that is still too young.
    YOUNG_UP_TO: 3 = "SELECT coalesce(
        (SELECT min(row) - 1 FROM posts WHERE row > $1 AND row <= $1 + 5000 AND received_at > $2 AND received_at <= $3),
        (SELECT min($1 + 5000, coalesce(max(row), 0)) FROM posts)) AS row";
    FRESH_AUTHOR: 3 = "SELECT native_id FROM authors WHERE network = $1 AND checked_at BETWEEN $2 AND $3 AND NOT hidden
        ORDER BY checked_at DESC LIMIT 1";
    FRESH_POST: 3 = "SELECT native_id FROM posts WHERE network = $1 AND checked_at BETWEEN $2 AND $3
        AND NOT (SELECT hidden FROM authors WHERE row = posts.author) ORDER BY checked_at DESC LIMIT 1";
    UNCHECKED: 1 = "SELECT 1 WHERE EXISTS (SELECT 1 FROM authors WHERE network = $1 AND checked_at IS NULL)
        OR EXISTS (SELECT 1 FROM posts WHERE network = $1 AND checked_at = 0)";
    /// Of a card, or of a moderators' decision.
    NEXT_END: 0 = "SELECT expires_at FROM (
        SELECT * FROM (SELECT expires_at FROM placements WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1)
        UNION ALL SELECT * FROM (SELECT until AS expires_at FROM decisions WHERE ended_at IS NULL AND until IS NOT NULL
            ORDER BY until LIMIT 1)) ORDER BY expires_at LIMIT 1";
    /// City's slug, after id, limit.
    IDS_OF_CITY: 3 = "SELECT s.id AS id FROM posts AS s JOIN placements AS p ON p.post = s.row
        WHERE p.city = (SELECT row FROM cities WHERE slug = $1) AND s.id > $2 ORDER BY s.id LIMIT $3";
    /// Of posts whose row is above: which post declares an origin, and which.
    ORIGINS: 2 = "SELECT s.row AS row, s.id AS id, k.hash AS hash
        FROM (SELECT row, id FROM posts WHERE row > $1 ORDER BY row LIMIT $2) AS s
        LEFT JOIN utterance_keys AS k ON k.post = s.row AND k.kind IN ('origin', 'origin_page') ORDER BY s.row";
    GAPS: 1 = "SELECT source, from_at, until_at FROM gaps ORDER BY row DESC LIMIT $1";
    COUNTS: 0 = "SELECT (SELECT count(*) FROM posts) AS posts, (SELECT count(*) FROM authors) AS authors,
        (SELECT count(*) FROM placements WHERE tier IS NULL) AS queued,
        (SELECT count(*) FROM placements WHERE shown) AS shown, (SELECT coalesce(sum(head - floor), 0) FROM cities) AS log_entries,
        (SELECT count(*) FROM tombstones) AS tombstones, (SELECT count(*) FROM suppressed) AS suppressed,
        (SELECT count(*) FROM leave_requests) AS leave_requests,
        (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes";

    // ── retention ──
    /// Tier, cutoff, limit.
    EXPIRED: 3 = "SELECT s.id AS id, c.slug AS slug FROM placements AS p JOIN posts AS s ON s.row = p.post
        JOIN cities AS c ON c.row = p.city WHERE p.tier IS $1 AND p.received_at < $2
        ORDER BY p.received_at LIMIT $3";
    /// Now, limit.
    ENDED: 2 = "SELECT s.id AS id, c.slug AS slug FROM placements AS p JOIN posts AS s ON s.row = p.post
        JOIN cities AS c ON c.row = p.city WHERE p.expires_at <= $1 ORDER BY p.expires_at LIMIT $2";
    /// Received before, now, limit.
    MENTIONS_OVER: 3 = "SELECT s.id AS id, c.slug AS slug FROM mentions AS m JOIN posts AS s ON s.row = m.post
        JOIN cities AS c ON c.row = m.city WHERE m.received_at < $1 OR m.expires_at <= $2 LIMIT $3";
    /// How many of a city's newest stay, limit.
    MENTIONS_TOO_MANY: 2 = "SELECT s.id AS id, c.slug AS slug
        FROM (SELECT post, city, row_number() OVER (PARTITION BY city ORDER BY row DESC) AS age FROM mentions) AS m
        JOIN posts AS s ON s.row = m.post JOIN cities AS c ON c.row = m.city WHERE m.age > $1 LIMIT $2";
    /// Later than, limit.
    MENTIONS_AHEAD: 2 = "SELECT post FROM mentions WHERE received_at > $1 LIMIT $2";
    SET_BACK_MENTIONS: 2 = "UPDATE mentions SET received_at = $2 WHERE post IN (SELECT value FROM json_each($1))";
    /// Tier, later than, limit.
    AHEAD: 3 = "SELECT post FROM placements WHERE tier IS $1 AND received_at > $2 LIMIT $3";
    /// `$1`: rows of posts. `$2`: now.
    SET_BACK_POSTS: 2 = "UPDATE posts SET received_at = $2 WHERE row IN (SELECT value FROM json_each($1))";
    SET_BACK_PLACEMENTS: 2 = "UPDATE placements SET received_at = $2 WHERE post IN (SELECT value FROM json_each($1))";
    DROP_RECEIPTS: 1 = "DELETE FROM receipts WHERE at < $1";
    DROP_TOMBSTONES: 1 = "DELETE FROM tombstones WHERE expires_at < $1";
    DROP_COMMANDS: 1 = "DELETE FROM commands WHERE at < $1";
    LONG_LOGS: 1 = "SELECT row, head, floor FROM cities WHERE head - floor > $1";
    /// City, above, up to, older than.
    LOG_PREFIX: 4 = "SELECT max(log_offset) AS last FROM feed_log
        WHERE city = $1 AND log_offset > $2 AND log_offset <= $3 AND at < $4";
    DROP_LOG: 2 = "DELETE FROM feed_log WHERE city = $1 AND log_offset <= $2";
    RAISE_FLOOR: 2 = "UPDATE cities SET floor = $2 WHERE row = $1";

    // ── backup and restore ──
    ERASURES: 1 = "SELECT json_group_array(json_array(number, kind, subject, expires_at, at)) AS rows, max(number) AS last,
            min(number) AS first
        FROM (SELECT * FROM erasures WHERE number > $1 ORDER BY number LIMIT 10000)";
    DROP_ERASURES: 1 = "DELETE FROM erasures WHERE number <= $1";
    REQUESTS: 0 = "SELECT json_group_array(json_array(row, city, network, handle, person, at)) AS rows
        FROM (SELECT * FROM leave_requests ORDER BY row)";
    DROP_REQUESTS: 0 = "DELETE FROM leave_requests";
    WRITE_REQUESTS: 1 = "INSERT INTO leave_requests (row, city, network, handle, person, at)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)";
    /// Nothing of anybody is shown until the networks have been asked for them again.
    UNCHECK_AUTHORS: 0 = "UPDATE authors SET checked_at = NULL WHERE checked_at IS NOT NULL";
    /// Above, up to.
    UNSHOW: 2 = "UPDATE placements SET shown = 0 WHERE post > $1 AND post <= $2 AND shown";
    /// Above, up to.
    UNCHECK_POSTS: 2 = "UPDATE posts SET checked_at = 0 WHERE row > $1 AND row <= $2";
    /// `$1`: ids.
    PLACES_OF: 1 = "SELECT s.id AS id, c.slug AS slug FROM json_each($1) AS j JOIN posts AS s ON s.id = j.value
        JOIN placements AS p ON p.post = s.row JOIN cities AS c ON c.row = p.city";
    /// `$1`: ids.
    DESKS_OF: 1 = "SELECT s.id AS id, c.slug AS slug FROM json_each($1) AS j JOIN posts AS s ON s.id = j.value
        JOIN mentions AS m ON m.post = s.row JOIN cities AS c ON c.row = m.city";
    /// Epoch, last erasure.
    TAKE_INTO_USE: 2 = "UPDATE meta SET epoch = $1, erased = $2, copied_at = NULL";
    MARK_COPY: 1 = "UPDATE meta SET copied_at = $1";
    WRITE_COPIED: 3 = "INSERT INTO copied_tables (name, entries, sum) VALUES ($1, $2, $3)";
    COPIED: 0 = "SELECT name, entries, sum FROM copied_tables ORDER BY name";
    DROP_COPIED: 0 = "DELETE FROM copied_tables";

    // ── the operator ──
    PEOPLE: 2 = "SELECT row, network, native_id FROM authors WHERE ($1 IS NULL OR network = $1)
        AND (lower(handle) = $2 OR lower(native_id) = $2)";
    /// The names that SQLite's ASCII `lower` does not fold.
    PEOPLE_WITH_OTHER_LETTERS: 1 = "SELECT row, network, native_id, handle FROM authors
        WHERE ($1 IS NULL OR network = $1) AND handle GLOB '*[^ -~]*'";
    COUNT_POSTS_OF: 1 = "SELECT count(*) AS posts FROM posts WHERE author IN (SELECT value FROM json_each($1))";
    POST_EXISTS: 1 = "SELECT 1 FROM posts WHERE id = $1";
    LEAVE_REQUESTS: 0 = "SELECT row, city, network, handle, at FROM leave_requests ORDER BY row";
    LEAVE_REQUESTS_OF: 2 = "SELECT row, city, network, handle, at FROM leave_requests
        WHERE ($1 IS NULL OR network = $1) AND person = $2 ORDER BY row";
    COUNT_LEAVE_REQUESTS: 0 = "SELECT count(*) AS requests FROM leave_requests";
    WRITE_LEAVE_REQUEST: 5 = "INSERT INTO leave_requests (city, network, handle, person, at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (network, person, city) DO NOTHING";
    DROP_LEAVE_REQUEST: 1 = "DELETE FROM leave_requests WHERE row = $1";
    DROP_LEAVE_REQUESTS_OF: 2 = "DELETE FROM leave_requests WHERE ($1 IS NULL OR network = $1) AND person = $2";
    COMMAND_INSERT: 3 = "INSERT INTO commands (kind, subject, at) VALUES ($1, $2, $3) RETURNING row";
    COMMANDS: 0 = "SELECT row, kind, subject FROM commands WHERE outcome IS NULL ORDER BY row LIMIT 16";
    COMMAND_ANSWER: 3 = "UPDATE commands SET outcome = $2, answer = $3, subject = '' WHERE row = $1";
    COMMAND_READ: 1 = "SELECT outcome, answer FROM commands WHERE row = $1";
    COMMAND_DELETE: 1 = "DELETE FROM commands WHERE row = $1";
    COMMAND_WITHDRAW: 1 = "DELETE FROM commands WHERE row = $1 AND outcome IS NULL";
}

pub const WRITE_AUTHORS: Insert<14> = Insert {
    into: "authors (row, network, native_id, handle, name, labels, discoverable, indexable, noindex, locked, automated,
        status, checked_at, hidden)",
    again: "ON CONFLICT (row) DO UPDATE SET handle = excluded.handle, name = excluded.name, labels = excluded.labels,
        discoverable = excluded.discoverable, indexable = excluded.indexable, noindex = excluded.noindex,
        locked = excluded.locked, automated = excluded.automated, status = excluded.status,
        checked_at = excluded.checked_at, hidden = excluded.hidden",
};

/// The search index is written apart, by [`WRITE_TEXTS`], for rows that are new.
pub const WRITE_POSTS: Insert<27> = Insert {
    into: "posts (row, id, network, native_id, author, url, text, facets, languages, tags, media, labels, created_at,
        edited_at, date_corrected, received_at, revision, reply_parent, reply_root, place_name, starts_at,
        ends_at, cancelled, sensitive, automated, moderated, checked_at)",
    again: "ON CONFLICT (row) DO UPDATE SET url = excluded.url, text = excluded.text, facets = excluded.facets,
        languages = excluded.languages, tags = excluded.tags, media = excluded.media, labels = excluded.labels,
        created_at = excluded.created_at, edited_at = excluded.edited_at,
        date_corrected = excluded.date_corrected, revision = excluded.revision,
        reply_parent = excluded.reply_parent, reply_root = excluded.reply_root, place_name = excluded.place_name,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, cancelled = excluded.cancelled, sensitive = excluded.sensitive, automated = excluded.automated, moderated = excluded.moderated,
        checked_at = excluded.checked_at",
};

pub const WRITE_PLACEMENTS: Insert<25> = Insert {
    into: "placements (post, city, tier, position, published, shown, received_at, lane, expires_at, thread, reply_to,
        folded, copies, zone, zone_from_text, lon, lat, precision_m, origin, official, assembly, covered, pinned,
        reasons, recipe)",
    again: "ON CONFLICT (post, city) DO UPDATE SET tier = excluded.tier, position = excluded.position,
        published = excluded.published, shown = excluded.shown, lane = excluded.lane, expires_at = excluded.expires_at,
        thread = excluded.thread, reply_to = excluded.reply_to, folded = excluded.folded, copies = excluded.copies, zone = excluded.zone, zone_from_text = excluded.zone_from_text,
        lon = excluded.lon, lat = excluded.lat, precision_m = excluded.precision_m, origin = excluded.origin,
        official = excluded.official, assembly = excluded.assembly, covered = excluded.covered,
        pinned = excluded.pinned, reasons = excluded.reasons, recipe = excluded.recipe",
};

pub const WRITE_MENTIONS: Insert<13> = Insert {
    into: "mentions (post, city, pointer, asked_at, received_at, expires_at, state, assignee, answered_at, answer_url,
        since, by, reopened_at)",
    again: "ON CONFLICT (post, city) DO UPDATE SET pointer = excluded.pointer, expires_at = excluded.expires_at,
        state = excluded.state, assignee = excluded.assignee, answered_at = excluded.answered_at,
        answer_url = excluded.answer_url, since = excluded.since, by = excluded.by, reopened_at = excluded.reopened_at",
};

pub const WRITE_KEYS: Insert<3> = Insert { into: "utterance_keys (post, hash, kind)", again: "" };

pub const WRITE_LOG: Insert<5> = Insert { into: "feed_log (city, log_offset, op, post, at)", again: "" };

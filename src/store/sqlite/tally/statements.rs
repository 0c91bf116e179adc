//! The statements of the desk's numbers. See `sqlite::statements` for what holds of all.

use crate::store::sqlite::insert::Insert;
use crate::store::sqlite::statement::{Statement, statements};

statements! {
    // ── closing ──
    /// `$1`: slugs. Cities without a post have no row, and are not counted yet.
    PLACES: 1 = "SELECT c.row AS row, c.slug AS slug, t.hours_until AS hours_until, t.days_until AS days_until
        FROM json_each($1) AS j CROSS JOIN cities AS c ON c.slug = j.value LEFT JOIN tally_cities AS t ON t.city = c.row";
    /// City, since (which is how far its days are closed), how far its hours are.
    BEGIN_PLACE: 3 = "INSERT INTO tally_cities (city, since, days_until, hours_until) VALUES ($1, $2, $2, $3)";
    MOVE_PLACE: 3 = "UPDATE tally_cities SET hours_until = $2, days_until = $3 WHERE city = $1";
    /// City, from, before.
    HOUR: 3 = "SELECT p.lane AS lane, p.official IS NOT NULL AS listed, p.assembly AS assembly, s.network AS network,
            (s.automated OR a.automated) AS automated, count(*) AS posts
        FROM placements AS p JOIN posts AS s ON s.row = p.post JOIN authors AS a ON a.row = s.author
        WHERE p.shown AND p.city = $1 AND p.received_at >= $2 AND p.received_at < $3 GROUP BY 1, 2, 3, 4, 5";
    /// City, start, people, bodies, automatic, around.
    WRITE_HOUR: 6 = "INSERT INTO tally_hours (city, start, people, bodies, automatic, around)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (city, start) DO NOTHING";
    /// City, from, before, at most. Copies that are folded are not shown, and so each utterance counts once.
    DAY: 4 = "SELECT p.lane AS lane, p.official IS NOT NULL AS listed, p.assembly AS assembly, p.zone AS zone,
            p.received_at AS received_at, s.network AS network, s.languages ->> 0 AS lang, s.tags AS tags, s.facets AS facets,
            (s.automated OR a.automated) AS automated, a.native_id AS author_id
        FROM placements AS p JOIN posts AS s ON s.row = p.post JOIN authors AS a ON a.row = s.author
        WHERE p.shown AND p.city = $1 AND p.received_at >= $2 AND p.received_at < $3 ORDER BY p.received_at LIMIT $4";
    /// City, start, people, from, before: what is not people's is what its hours had.
    WRITE_PLAIN_DAY: 5 = "INSERT INTO tally_plain (city, width, start, people, bodies, automatic, around)
        SELECT $1, 'day', $2, $3, coalesce(sum(bodies), 0), coalesce(sum(automatic), 0), coalesce(sum(around), 0)
        FROM tally_hours WHERE city = $1 AND start >= $4 AND start < $5 ON CONFLICT (city, width, start) DO NOTHING";
    /// City, width, start, end: the sum of its days.
    WRITE_PLAIN: 4 = "INSERT INTO tally_plain (city, width, start, people, bodies, automatic, around)
        SELECT $1, $2, $3, coalesce(sum(people), 0), coalesce(sum(bodies), 0), coalesce(sum(automatic), 0),
            coalesce(sum(around), 0)
        FROM tally_plain WHERE city = $1 AND width = 'day' AND start >= $3 AND start < $4
        ON CONFLICT (city, width, start) DO NOTHING";
    /// City, month, end.
    BEGIN_MONTH: 3 = "INSERT INTO tally_keys (city, month, until, key) VALUES ($1, $2, $3, randomblob(32))
        ON CONFLICT (city, month) DO NOTHING";
    MONTH_KEY: 2 = "SELECT key FROM tally_keys WHERE city = $1 AND month = $2";
    /// City, month, dimension, cell and value of each.
    WRITE_NAMES: 3 = "INSERT INTO tally_names (city, month, dimension, cell, value)
        SELECT $1, $2, j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_each($3) AS j
        WHERE (SELECT count(DISTINCT who) FROM tally_people WHERE city = $1 AND month = $2 AND dimension = j.value ->> 0
            AND cell = j.value ->> 1 AND side IN ('told', 'rest')) >= 5
        ON CONFLICT (city, month, dimension, cell) DO NOTHING";
    NAMES: 2 = "SELECT dimension, cell, value FROM tally_names WHERE city = $1 AND month = $2";
    /// City, month, and of which week; NULL: of all.
    PEOPLE: 3 = "SELECT dimension, cell, side, who, posts FROM tally_people
        WHERE city = $1 AND month = $2 AND ($3 IS NULL OR week = $3)";
    /// City, month, week, dimension and cell of each whose rest is told now.
    TELL_REST: 4 = "INSERT INTO tally_people (city, month, dimension, cell, week, side, who, posts)
        SELECT p.city, p.month, p.dimension, p.cell, p.week, 'told', p.who, p.posts
        FROM json_each($4) AS j CROSS JOIN tally_people AS p ON p.city = $1 AND p.month = $2
            AND p.dimension = j.value ->> 0 AND p.cell = j.value ->> 1 AND p.week = $3 AND p.side = 'rest' WHERE true
        ON CONFLICT DO UPDATE SET posts = posts + excluded.posts";
    DROP_REST: 4 = "DELETE FROM tally_people WHERE city = $1 AND month = $2 AND week = $3 AND side != 'told'
        AND (dimension, cell) IN (SELECT value ->> 0, value ->> 1 FROM json_each($4))";
    /// City, and up to which month.
    DROP_PEOPLE: 2 = "DELETE FROM tally_people WHERE city = $1 AND month <= $2";
    DROP_NAMES: 2 = "DELETE FROM tally_names WHERE city = $1 AND month <= $2";
    DROP_KEYS: 2 = "DELETE FROM tally_keys WHERE city = $1 AND month <= $2";

    // ── taking out ──
    OPEN_CELLS: 0 = "SELECT DISTINCT k.city AS city, k.month AS month, k.key AS key, p.dimension AS dimension, p.cell AS cell
        FROM tally_keys AS k JOIN tally_people AS p ON p.city = k.city AND p.month = k.month";
    /// `$1`: city, month, dimension, cell, who. What was told stays (L-12), and nobody is behind it any more.
    UNNAME: 1 = "UPDATE OR IGNORE tally_people SET who = random() WHERE side = 'told' AND (city, month, dimension, cell, who) IN
        (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1))";
    TAKE_OUT: 1 = "DELETE FROM tally_people WHERE (city, month, dimension, cell, who) IN
        (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1))";
    /// City's slug, instant: the open month that it lies in, if its day is closed.
    MONTH_OF: 2 = "SELECT k.city AS city, k.month AS month, k.key AS key FROM cities AS c JOIN tally_cities AS t ON t.city = c.row
        JOIN tally_keys AS k ON k.city = c.row
        WHERE c.slug = $1 AND $2 < t.days_until AND $2 >= t.since AND k.month <= $2 AND k.until > $2";
    /// City, month, week after, week up to, dimension, cell and who of each.
    TAKE_BACK: 5 = "UPDATE tally_people AS p SET posts = posts - 1 FROM json_each($5) AS j
        WHERE p.city = $1 AND p.month = $2 AND p.dimension = j.value ->> 0 AND p.cell = j.value ->> 1
        AND p.week > $3 AND p.week <= $4 AND p.side = 'rest' AND p.who = j.value ->> 2";
    DROP_EMPTY: 3 = "DELETE FROM tally_people WHERE city = $1 AND month = $2 AND side = 'rest' AND posts <= 0
        AND (dimension, cell) IN (SELECT value ->> 0, value ->> 1 FROM json_each($3))";

    // ── retention ──
    /// What a city that is listed no more has left open. The keys last, which say so.
    LEFT_PEOPLE: 1 = "DELETE FROM tally_people WHERE (city, month) IN (SELECT city, month FROM tally_keys WHERE until < $1)";
    LEFT_NAMES: 1 = "DELETE FROM tally_names WHERE (city, month) IN (SELECT city, month FROM tally_keys WHERE until < $1)";
    LEFT_KEYS: 1 = "DELETE FROM tally_keys WHERE until < $1";
    DROP_HOURS: 1 = "DELETE FROM tally_hours WHERE start < $1";
    /// City, before. By dimensions, as the key has it.
    DROP_DAYS: 2 = "DELETE FROM tallies WHERE city = $1 AND width = 'day' AND dimension IN
        ('all', 'zone', 'tag', 'language', 'network', 'link') AND start < $2";
    DROP_HOUR_CELLS: 2 = "DELETE FROM tallies WHERE city = $1 AND width = 'day' AND dimension = 'hour' AND start < $2";
    DROP_PLAIN_DAYS: 2 = "DELETE FROM tally_plain WHERE city = $1 AND width = 'day' AND start < $2";

    // ── reading ──
    SINCE: 1 = "SELECT since FROM tally_cities WHERE city = (SELECT row FROM cities WHERE slug = $1)";
    /// City's slug, width, dimension, value, from, before, at most. Each bucket has one row of `all`.
    SERIES: 7 = "SELECT t.start AS start, t.value AS value, t.posts AS posts, t.authors AS authors FROM tallies AS b
        CROSS JOIN tallies AS t ON t.city = b.city AND t.width = b.width AND t.dimension = $3 AND t.start = b.start AND t.value = $4
        WHERE b.city = (SELECT row FROM cities WHERE slug = $1) AND b.width = $2 AND b.dimension = 'all'
        AND b.start >= $5 AND b.start < $6 ORDER BY b.start DESC LIMIT $7";
    /// City's slug, width, dimension, start, at most.
    VALUES: 5 = "SELECT start, value, posts, authors FROM tallies
        WHERE city = (SELECT row FROM cities WHERE slug = $1) AND width = $2 AND dimension = $3 AND start = $4
        ORDER BY posts DESC, value LIMIT $5";
    /// City's slug, width, dimension, starts as a JSON array, at most. The numbers of a value with commas between them: as rows
    /// of their own they take five times as long to be handed over.
    PAST_VALUES: 5 = "SELECT value, group_concat(posts) AS posts FROM tallies
        WHERE city = (SELECT row FROM cities WHERE slug = $1) AND width = $2 AND dimension = $3
        AND start IN (SELECT value FROM json_each($4)) GROUP BY value LIMIT $5";
    /// City's slug, width, from, before, at most.
    PLAIN: 5 = "SELECT start, people, bodies, automatic, around FROM tally_plain
        WHERE city = (SELECT row FROM cities WHERE slug = $1) AND width = $2 AND start >= $3 AND start < $4
        ORDER BY start DESC LIMIT $5";
    /// City's slug, since, at most.
    HOURS: 3 = "SELECT start, people FROM tally_hours
        WHERE city = (SELECT row FROM cities WHERE slug = $1) AND start >= $2 ORDER BY start DESC LIMIT $3";
    /// City's slug, since, before: as `HOUR`, of a bucket that is open.
    OPEN: 3 = "SELECT p.lane AS lane, p.official IS NOT NULL AS listed, p.assembly AS assembly, s.network AS network,
            (s.automated OR a.automated) AS automated, count(*) AS posts
        FROM placements AS p JOIN posts AS s ON s.row = p.post JOIN authors AS a ON a.row = s.author
        WHERE p.shown AND p.city = (SELECT row FROM cities WHERE slug = $1) AND p.received_at >= $2 AND p.received_at < $3
        GROUP BY 1, 2, 3, 4, 5";
    /// City's slug, since, at most: the posts of people, each with whose it is. What was said earlier and only came since, as after
    /// an outage, is no event of now.
    RECENT: 3 = "SELECT p.lane AS lane, p.official IS NOT NULL AS listed, s.network AS network,
            (s.automated OR a.automated) AS automated, s.author AS author
        FROM placements AS p JOIN posts AS s ON s.row = p.post JOIN authors AS a ON a.row = s.author
        WHERE p.shown AND p.city = (SELECT row FROM cities WHERE slug = $1) AND p.received_at >= $2 AND s.created_at >= $2
        AND NOT p.assembly
        ORDER BY p.received_at DESC LIMIT $3";
}

/// City, width, dimension, start, value, posts, authors.
pub const WRITE_TALLIES: Insert<7> = Insert {
    into: "tallies (city, width, dimension, start, value, posts, authors)",
    again: "ON CONFLICT (city, width, dimension, start, value) DO NOTHING",
};

pub const WRITE_PEOPLE: Insert<8> = Insert {
    into: "tally_people (city, month, dimension, cell, week, side, who, posts)",
    again: "ON CONFLICT (city, month, dimension, cell, week, side, who) DO UPDATE SET posts = posts + excluded.posts",
};

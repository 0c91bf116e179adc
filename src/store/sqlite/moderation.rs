//! Decisions of moderators, as rows.
//!
//! Owns their statements and reading. Does not own what a decision means for a post (`ledger::moderation`), nor which may be taken
//! (`writer::moderation`). Invariant: of a post that a moderator may not see no word is read here: it is shown to citizens, it
//! waits in the queue, or moderation hid it; and its author's account is there and may be shown.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::statement::{Statement, statements};
use super::{complaints, journal, json, rows};
use crate::domain::{
    Actor, Batch, Change, CityId, Decision, Ending, FoldedWords, IdKey, InForce, Measure, ModeratedPost, Motive,
    Phrase, PostId, Queued, Standing, StoreError, SubjectHash, Target, Timestamp,
};
use crate::store::error::unreadable;
use crate::store::ledger::{Ledger, Mark};

/// Posts of a city that are looked through for a word that is blocked, the newest.
const LOOKED_THROUGH_MAX: i64 = 50_000;
/// An ended decision is in the public log for so long.
const DECISION_KEPT_S: i64 = 400 * 86_400;

macro_rules! decision {
    () => {
        "d.number AS number, d.measure AS measure, d.motive AS motive, d.post AS post, d.word AS word, d.by AS by, d.at AS at,
        d.until AS until, d.ended_at AS ended_at, d.ended AS ended"
    };
}

macro_rules! seen {
    () => {
        "s.id AS id, s.network AS network, s.url AS url, a.handle AS handle, a.name AS name, s.text AS text,
        s.languages ->> 0 AS lang, s.received_at AS received_at, p.tier AS tier, p.shown AS shown, p.folded AS folded,
        p.reasons AS reasons, s.row AS row
        FROM placements AS p JOIN cities AS c ON c.row = p.city JOIN posts AS s ON s.row = p.post
        JOIN authors AS a ON a.row = s.author
        WHERE NOT a.hidden AND a.checked_at IS NOT NULL AND s.checked_at != 0 AND NOT s.moderated AND c.slug = $1"
    };
}

statements! {
    /// `$1`: ids of posts.
    MARKS: 1 = "SELECT o.post AS post, d.city AS city, d.number AS number, d.measure AS measure, d.motive AS motive,
            d.until AS until FROM json_each($1) AS j JOIN decided_posts AS o ON o.post = j.value
        JOIN decisions AS d ON d.city = o.city AND d.number = o.number WHERE d.ended_at IS NULL";
    /// `$1`: slugs.
    BLOCKS: 1 = "SELECT d.city AS city, d.number AS number, d.author AS author, d.word AS word
        FROM json_each($1) AS j JOIN decisions AS d ON d.city = j.value
        WHERE d.ended_at IS NULL AND d.measure IN ('block_author', 'block_word')";
    /// City, number.
    POSTS_OF: 2 = "SELECT post AS id FROM decided_posts WHERE city = $1 AND number = $2";
    /// What is admitted in a city and stands on no page of its own.
    UNSEEN_OF: 1 = "SELECT s.id AS id FROM placements AS p JOIN cities AS c ON c.row = p.city JOIN posts AS s ON s.row = p.post
        WHERE c.slug = $1 AND NOT p.shown AND p.tier IS NOT NULL AND p.folded IS NULL";
    /// Those of a post's author.
    POSTS_BESIDE: 1 = "SELECT o.id AS id FROM posts AS s JOIN posts AS o ON o.author = s.author WHERE s.id = $1";
    /// City, limit.
    TEXTS_OF: 2 = "SELECT s.id AS id, s.text AS text FROM placements AS p JOIN cities AS c ON c.row = p.city
        JOIN posts AS s ON s.row = p.post WHERE c.slug = $1 AND p.shown ORDER BY p.received_at DESC LIMIT $2";
    LAST_NUMBER: 1 = "SELECT coalesce(max(number), 0) AS number FROM decisions WHERE city = $1";
    WRITE_DECISION: 10 = "INSERT INTO decisions (city, number, measure, motive, post, author, word, by, at, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    WRITE_DECIDED: 3 = "INSERT INTO decided_posts (post, city, number) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    /// City, number, when, why.
    END: 4 = "UPDATE decisions SET ended_at = $3, ended = $4 WHERE city = $1 AND number = $2 AND ended_at IS NULL";
    /// City, measure, post or author, when.
    END_ALL: 4 = "UPDATE decisions SET ended_at = $4, ended = 'replaced' WHERE city = $1 AND measure = $2 AND ended_at IS NULL
        AND (author = $3 OR number IN (SELECT number FROM decided_posts WHERE city = $1 AND post = $3))";
    /// Now, limit.
    OVER: 2 = "SELECT city, number FROM decisions WHERE ended_at IS NULL AND until <= $1 ORDER BY until LIMIT $2";
    DECISION: 2 = concat!("SELECT ", decision!(), " FROM decisions AS d WHERE d.city = $1 AND d.number = $2");
    /// City, number: the post, of one that was taken because of reports.
    REPORTED_OF: 2 = "SELECT post FROM decisions WHERE city = $1 AND number = $2 AND motive = 'reports' AND post IS NOT NULL";
    /// City, before, limit.
    DECISIONS: 3 = concat!("SELECT ", decision!(), " FROM decisions AS d WHERE d.city = $1 AND d.number < $2
        ORDER BY d.number DESC LIMIT $3");
    IN_FORCE: 1 = "SELECT measure, motive, count(*) AS decisions FROM decisions WHERE city = $1 AND ended_at IS NULL
        GROUP BY measure, motive ORDER BY measure, motive";
    DECISIONS_ON: 2 = concat!("SELECT ", decision!(), " FROM decided_posts AS o JOIN decisions AS d
        ON d.city = o.city AND d.number = o.number WHERE o.city = $1 AND o.post = $2 ORDER BY d.number DESC LIMIT 50");
    /// City, author, words of the kind: what blocks.
    BLOCKING: 2 = concat!("SELECT ", decision!(), " FROM decisions AS d WHERE d.city = $1 AND d.ended_at IS NULL
        AND (d.measure = 'block_word' OR (d.measure = 'block_author' AND d.author = $2)) ORDER BY d.number DESC");
    /// City, measure.
    COUNT_IN_FORCE: 2 = "SELECT count(*) AS decisions FROM decisions WHERE city = $1 AND measure = $2 AND ended_at IS NULL";
    AUTHOR_BLOCKED: 2 = "SELECT number FROM decisions WHERE city = $1 AND measure = 'block_author' AND author = $2
        AND ended_at IS NULL";
    WORD_BLOCKED: 2 = "SELECT number FROM decisions WHERE city = $1 AND measure = 'block_word' AND word = $2
        AND ended_at IS NULL";
    AUTHOR_OF: 1 = "SELECT a.network AS network, a.native_id AS native_id FROM posts AS s JOIN authors AS a
        ON a.row = s.author WHERE s.id = $1";
    POST: 2 = concat!("SELECT ", seen!(), " AND s.id = $2");
    COUNT_QUEUED: 1 = concat!("SELECT count(*) AS posts FROM (SELECT ", seen!(), " AND p.tier IS NULL)");
    /// City, after, limit.
    QUEUE: 3 = concat!("SELECT ", seen!(), " AND p.tier IS NULL AND s.row > $2 ORDER BY s.row LIMIT $3");
    POST_AT: 2 = concat!("SELECT ", seen!(), " AND s.url = $2");
    DROP_DECISIONS: 1 = "DELETE FROM decisions AS d WHERE ended_at < $1
        AND number < (SELECT max(number) FROM decisions AS o WHERE o.city = d.city)";
    DROP_DECIDED: 0 = "DELETE FROM decided_posts WHERE NOT EXISTS
        (SELECT 1 FROM decisions AS d WHERE d.city = decided_posts.city AND d.number = decided_posts.number)";
}

pub fn id(post: PostId) -> i64 {
    post.as_u64().cast_signed()
}

fn measure(row: &SqliteRow) -> Result<Measure, StoreError> {
    Measure::parse(&rows::get::<String>(row, "measure")?).ok_or_else(|| unreadable("measure"))
}

pub(super) fn motive(row: &SqliteRow) -> Result<Motive, StoreError> {
    Motive::parse(&rows::get::<String>(row, "motive")?).ok_or_else(|| unreadable("motive"))
}

fn city(row: &SqliteRow) -> Result<CityId, StoreError> {
    rows::get::<String>(row, "city").map(|city| CityId::new(&city))
}

pub fn decision(row: &SqliteRow) -> Result<Decision, StoreError> {
    let ended: Option<String> = rows::get(row, "ended")?;
    let ended = match (ended, rows::optional_time(row, "ended_at")?) {
        (Some(ended), Some(at)) => Some((Ending::parse(&ended).ok_or_else(|| unreadable("ended"))?, at)),
        _ => None,
    };
    let post: Option<i64> = rows::get(row, "post")?;
    Ok(Decision {
        number: rows::get(row, "number")?,
        measure: measure(row)?,
        motive: motive(row)?,
        post: post.map(|post| PostId::from_u64(post.cast_unsigned())),
        word: rows::get(row, "word")?,
        by: Actor(rows::get(row, "by")?),
        at: rows::time(row, "at")?,
        until: rows::optional_time(row, "until")?,
        ended,
    })
}

pub fn in_force(row: &SqliteRow) -> Result<InForce, StoreError> {
    Ok(InForce { measure: measure(row)?, motive: motive(row)?, count: rows::count(row, "decisions")? })
}

pub fn moderated(row: &SqliteRow) -> Result<ModeratedPost, StoreError> {
    let tier: Option<String> = rows::get(row, "tier")?;
    let folded: Option<i64> = rows::get(row, "folded")?;
    let is_seen = rows::get::<bool>(row, "shown")? || folded.is_some();
    Ok(ModeratedPost {
        post: rows::post_id(row, "id")?,
        network: rows::network(row, "network")?,
        url: rows::get(row, "url")?,
        handle: rows::get(row, "handle")?,
        name: rows::get(row, "name")?,
        text: rows::get(row, "text")?,
        lang: rows::get(row, "lang")?,
        received_at: rows::time(row, "received_at")?,
        standing: match (tier, is_seen) {
            (None, _) => Standing::Queued,
            (Some(_), true) => Standing::Shown,
            (Some(_), false) => Standing::Hidden,
        },
        reasons: json::reasons_in(rows::get(row, "reasons")?)?,
    })
}

pub fn queued(row: &SqliteRow) -> Result<Queued, StoreError> {
    Ok(Queued { number: rows::get(row, "row")?, post: moderated(row)? })
}

/// A post as a moderator may see it. What is hidden without a decision on it (for its thread is, or its origin) is nobody's to read.
pub async fn post(
    connection: &mut SqliteConnection,
    key: &IdKey,
    city: &CityId,
    post: PostId,
) -> Result<Option<ModeratedPost>, StoreError> {
    let row = POST.first(connection, [city.as_str().into(), id(post).into()]).await?;
    let seen = row.map(|row| moderated(&row)).transpose()?;
    if seen.as_ref().is_some_and(|seen| seen.standing == Standing::Hidden) {
        let decisions = decisions_on(connection, key, city, post).await?;
        return Ok(seen.filter(|_| decisions.iter().any(|it| it.ended.is_none() && it.measure.restricts())));
    }
    Ok(seen)
}

/// The decisions on a post, also those that block its author or what it says.
pub async fn decisions_on(
    connection: &mut SqliteConnection,
    key: &IdKey,
    city: &CityId,
    post: PostId,
) -> Result<Vec<Decision>, StoreError> {
    let found = DECISIONS_ON.all(connection, [city.as_str().into(), id(post).into()]).await?;
    let mut decisions: Vec<Decision> = found.iter().map(decision).collect::<Result<_, _>>()?;
    let Some(row) = AUTHOR_OF.first(connection, [id(post).into()]).await? else { return Ok(decisions) };
    let author = crate::domain::AuthorId::new(rows::get::<String>(&row, "native_id")?);
    let author = SubjectHash::derive(key, rows::network(&row, "network")?, &author).0.cast_signed();
    let blocking = BLOCKING.all(connection, [city.as_str().into(), author.into()]).await?;
    if !blocking.is_empty() {
        let row = POST.first(connection, [city.as_str().into(), id(post).into()]).await?;
        let text: String = row.map_or(Ok(String::new()), |row| rows::get(&row, "text"))?;
        let words = FoldedWords::new(&text);
        for row in &blocking {
            let decision = decision(row)?;
            let phrase = decision.word.as_deref().map(Phrase::parse);
            if phrase.is_none_or(|phrase| phrase.is_some_and(|phrase| phrase.is_in(&words))) {
                decisions.push(decision);
            }
        }
    }
    Ok(decisions)
}

/// The posts whose place a change of moderation may change, beside the one that it names.
pub async fn touched_by(connection: &mut SqliteConnection, change: &Change) -> Result<Vec<PostId>, StoreError> {
    match change {
        Change::Decide { city, new, .. } => {
            let phrase = match &new.target {
                Target::Word(phrase) => phrase,
                Target::Post(post) if new.measure == Measure::BlockAuthor => {
                    return super::load::ids_of(&POSTS_BESIDE.all(connection, [id(*post).into()]).await?);
                }
                Target::Post(_) => return Ok(Vec::new()),
            };
            let mut touched = Vec::new();
            for row in TEXTS_OF.all(connection, [city.as_str().into(), LOOKED_THROUGH_MAX.into()]).await? {
                if phrase.is_in(&FoldedWords::new(&rows::get::<String>(&row, "text")?)) {
                    touched.push(rows::post_id(&row, "id")?);
                }
            }
            Ok(touched)
        }
        Change::Lift { city, number, .. } => {
            let values = [city.as_str().into(), (*number).into()];
            let Some(row) = DECISION.first(connection, values.clone()).await? else { return Ok(Vec::new()) };
            let found = match measure(&row)? {
                Measure::BlockAuthor | Measure::BlockWord => UNSEEN_OF.all(connection, [city.as_str().into()]).await?,
                Measure::Hide | Measure::Fold | Measure::Pin | Measure::Admit => {
                    POSTS_OF.all(connection, values).await?
                }
            };
            super::load::ids_of(&found)
        }
        _ => Ok(Vec::new()),
    }
}

/// Loads the decisions in force on posts, which need not be held, and the blocks of cities.
pub async fn load(
    connection: &mut SqliteConnection,
    ledger: &mut Ledger,
    posts: impl IntoIterator<Item = PostId>,
    cities: impl IntoIterator<Item = &CityId>,
) -> Result<(), StoreError> {
    for row in MARKS.all(connection, [super::load::ids(posts).into()]).await? {
        let until = rows::optional_time(&row, "until")?;
        let mark = Mark { measure: measure(&row)?, motive: motive(&row)?, until };
        ledger.know_mark(rows::post_id(&row, "post")?, city(&row)?, rows::get(&row, "number")?, mark);
    }
    let cities = super::load::array(cities.into_iter().map(CityId::as_str));
    for row in BLOCKS.all(connection, [cities.into()]).await? {
        let number: i64 = rows::get(&row, "number")?;
        let blocks = ledger.blocks_mut(city(&row)?);
        if let Some(author) = rows::get::<Option<i64>>(&row, "author")? {
            blocks.authors.insert(SubjectHash(author.cast_unsigned()), number);
        }
        if let Some(word) = rows::get::<Option<String>>(&row, "word")? {
            blocks.words.insert(number, Phrase::parse(&word).ok_or_else(|| unreadable("word"))?);
        }
    }
    Ok(())
}

/// Writes the decisions of a batch, what they are about, and the complaints that they answer.
pub async fn write(connection: &mut SqliteConnection, ledger: &Ledger, batch: &Batch) -> Result<(), StoreError> {
    for change in &batch.changes {
        match change {
            Change::Decide { city, number, new, author, by, at, answer } => {
                let (post, word) = match &new.target {
                    Target::Post(post) => (Some(id(*post)), None),
                    Target::Word(phrase) => (None, Some(phrase.text())),
                };
                let values = [
                    city.as_str().into(),
                    (*number).into(),
                    new.measure.as_str().into(),
                    new.motive.as_str().into(),
                    post.into(),
                    author.map(|author| author.0.cast_signed()).into(),
                    word.into(),
                    by.0.as_str().into(),
                    at.as_micros().into(),
                    new.until.map(Timestamp::as_micros).into(),
                ];
                WRITE_DECISION.run(connection, values).await?;
                // What is done by itself answers nobody: a person is still to look.
                if let Some(post) = post.filter(|_| *by != Actor::automatic() && new.measure.restricts()) {
                    complaints::uphold(connection, city, post, *at, by, *number, answer).await?;
                }
            }
            Change::Lift { city, number, ending, by, at, answer } => {
                let values = [city.as_str().into(), (*number).into(), at.as_micros().into(), ending.as_str().into()];
                END.run(connection, values).await?;
                // What is taken back grants the appeal against it; what another measure replaces does not.
                if *ending != Ending::Expired {
                    complaints::close_appeals(connection, city, *number, *at, by, *ending != Ending::Replaced, answer)
                        .await?;
                }
                // And it was looked at: what was reported and folded for it is not folded again.
                if matches!(ending, Ending::Lifted | Ending::Appeal)
                    && let Some(post) = REPORTED_OF.first(connection, [city.as_str().into(), (*number).into()]).await?
                {
                    let post = rows::get(&post, "post")?;
                    complaints::reject(connection, &complaints::REJECT_REPORTS, city, post, *at, by, answer).await?;
                }
            }
            _ => {}
        }
    }
    for (post, city, number) in &ledger.out.decided_posts {
        WRITE_DECIDED.run(connection, [id(*post).into(), city.as_str().into(), (*number).into()]).await?;
    }
    Ok(())
}

/// Makes a measure stand again that was taken after a backup was made, or ends one that had ended since: what is known of it is
/// what the erasure journal says. To be called before what is over is swept, and before anything is shown.
pub async fn stand_again(
    connection: &mut SqliteConnection,
    city: &str,
    measure: Measure,
    entry: &journal::Entry,
    stands: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (subject, until) = (entry.subject, entry.expires_at);
    let (post, author) = match measure {
        Measure::BlockAuthor => (None, Some(subject)),
        _ => (Some(subject), None),
    };
    let at = now.as_micros();
    END_ALL.run(connection, [city.into(), measure.as_str().into(), subject.into(), at.into()]).await?;
    if !stands {
        return Ok(());
    }
    let row = LAST_NUMBER.first(connection, [city.into()]).await?;
    let number = row.map_or(Ok(0), |row| rows::get::<i64>(&row, "number"))?.saturating_add(1);
    let values = [
        city.into(),
        number.into(),
        measure.as_str().into(),
        Motive::Lost.as_str().into(),
        post.into(),
        author.into(),
        super::statement::Value::Null,
        Actor::automatic().0.into(),
        at.into(),
        until.into(),
    ];
    WRITE_DECISION.run(connection, values).await?;
    if post.is_some() {
        WRITE_DECIDED.run(connection, [subject.into(), city.into(), number.into()]).await?;
    }
    Ok(())
}

/// The decisions that are over, as changes.
pub async fn over(connection: &mut SqliteConnection, now: Timestamp, limit: i64) -> Result<Vec<Change>, StoreError> {
    let lift = |row: &SqliteRow| {
        Ok(Change::Lift {
            city: city(row)?,
            number: rows::get(row, "number")?,
            ending: Ending::Expired,
            by: Actor::automatic(),
            at: now,
            answer: String::new(),
        })
    };
    OVER.all(connection, [now.as_micros().into(), limit.into()]).await?.iter().map(lift).collect()
}

/// Drops what is in no log and in nobody's hands any more.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let before = |seconds: i64| now.plus_seconds(-seconds).as_micros();
    if DROP_DECISIONS.run(connection, [before(DECISION_KEPT_S).into()]).await? > 0 {
        DROP_DECIDED.run(connection, []).await?;
    }
    complaints::sweep(connection, now).await?;
    Ok(())
}

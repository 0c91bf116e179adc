//! G10: admitted posts that the real writer commits durably, a second.
//!
//! Every post is new, admitted in one of a hundred cities, with log and search entries; each database starts empty, and
//! `synchronous=FULL` waits for the disk of the temporary folder. A batch is as large as the pipeline's largest. Beside it,
//! what the machine itself does: SQLite with one table, one key and one index, and nothing decided about a row.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use parvis::clock::{Clock, SystemClock};
use parvis::domain::{
    AuthorId, AuthorProfile, Batch, Change, Checkpoint, CityId, Facet, FacetKind, FeedLog, Filter, Hashtag, IdKey,
    Journal, Lane, NativeId, Network, Placement, Post, PostId, Reason, Rule, Schedule, SourceId, Tier, Timestamp,
};
use parvis::intake::PENDING_MAX as BATCH;
use parvis::store::{self, StoreOptions};
use parvis_bench::load::cpu_seconds_in;
use parvis_bench::{Better, Figure, Row, is_quick};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

const CITIES: usize = 100;
/// Posts written by an author, on average.
const POSTS_AN_AUTHOR: usize = 5;
/// Words that texts are made of; the n-th is drawn about 1/n as often as the first, as in a language.
const WORDS: usize = 30_000;

/// Rows in one of the bare peer's statements, and bytes of each.
const BARE_ROWS: usize = 250;
const BARE_BODY: usize = 740;
const SEED: u64 = 7;

/// Makes posts that are like those of Bluesky in length, and like a language in their words.
struct Posts {
    key: IdKey,
    rng: fastrand::Rng,
    words: Vec<String>,
    made: usize,
    start: Timestamp,
}

impl Posts {
    fn new(key: IdKey, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut word = || (0..rng.usize(2..10)).map(|_| rng.lowercase()).collect();
        let words = (0..WORDS).map(|_| word()).collect();
        Self { key, rng, words, made: 0, start: SystemClock.now() }
    }

    fn word(&mut self) -> &str {
        let rank = (WORDS as f64).powf(self.rng.f64()) as usize;
        self.words.get(rank.saturating_sub(1)).map_or("", String::as_str)
    }

    fn next(&mut self) -> Change {
        self.made += 1;
        let city = self.rng.usize(..CITIES);
        let tag = format!("ville{city}");
        let mut text = String::with_capacity(320);
        let length = self.rng.usize(40..280);
        while text.len() < length {
            text.push_str(self.word());
            text.push(' ');
        }
        let start = text.len();
        text.push('#');
        text.push_str(&tag);
        let author = AuthorId::new(format!("did:plc:{:024x}", self.rng.usize(..self.made.div_ceil(POSTS_AN_AUTHOR))));
        let native_id = NativeId::new(format!("at://{}/app.bsky.feed.post/3m{:011x}", author.as_str(), self.made));
        let at = self.start.plus_seconds((self.made / 1_000) as i64);
        let post = Post {
            id: PostId::derive(&self.key, Network::Bluesky, &native_id),
            network: Network::Bluesky,
            url: Some(format!("https://bsky.app/profile/{}/post/3m{:011x}", author.as_str(), self.made)),
            native_id,
            author: author.clone(),
            facets: vec![Facet { start, end: text.len(), kind: FacetKind::Tag, value: tag.clone() }],
            text,
            languages: vec!["fr".into()],
            created_at: at,
            edited_at: None,
            date_corrected: false,
            revision: format!("3m{:011x}", self.made),
            tags: Hashtag::new(&tag).into_iter().collect(),
            media: Vec::new(),
            reply: None,
            point: None,
            place_name: None,
            schedule: Schedule::default(),
            labels: Vec::new(),
            automated: false,
            copy_of: None,
            addressed: Vec::new(),
            unlisted: false,
        };
        let author = AuthorProfile {
            handle: Some(format!("{}.bsky.social", author.as_str().rsplit(':').next().unwrap_or_default())),
            name: Some("Ana de la Place".into()),
            checked_at: Some(self.start),
            ..AuthorProfile::assumed(author, Network::Bluesky)
        };
        let placement = Placement {
            city: CityId::new(&tag),
            tier: Some(Tier::Public),
            reasons: vec![Reason { rule: Rule::Hashtag, value: tag }],
            recipe: "0123456789abcdef".into(),
            zone: None,
            zone_from_text: false,
            location: None,
            lane: Lane::People,
            expires_at: None,
            thread: None,
            reply_to: None,
            official: None,
            assembly: false,
        };
        Change::Upsert {
            post: Box::new(post),
            author: Box::new(author),
            placements: vec![placement],
            mentions: Vec::new(),
            received_at: at,
        }
    }

    fn batch(&mut self, size: usize) -> Arc<Batch> {
        let changes = (0..size).map(|_| self.next()).collect();
        let checkpoint = Checkpoint::new(self.made.to_string());
        Arc::new(Batch { changes, checkpoints: vec![(SourceId::new("bluesky"), checkpoint)], ..Batch::default() })
    }
}

/// The quantile of what is sorted, in milliseconds.
fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

/// What a run came to.
struct Run {
    posts_per_s: f64,
    cpu_us_per_post: f64,
    commit_p99_ms: f64,
    at_the_end_per_s: f64,
}

async fn run(folder: &Path, size: usize, seconds: u64) -> anyhow::Result<Run> {
    let url = format!("sqlite://{}", folder.join("storing.db").display());
    let store = store::open(&url, StoreOptions::new(Arc::new(SystemClock)), None).await?;
    // Posts are made on a thread of their own, ahead of the writer: only its time is measured.
    let (ahead, mut batches) = tokio::sync::mpsc::channel(4.max(BATCH / size));
    let mut posts = Posts::new(store.id_key(), SEED);
    let making = std::thread::spawn(move || {
        while ahead.blocking_send(posts.batch(size)).is_ok() {}
        cpu_seconds_in("/proc/thread-self/stat")
    });
    let cpu_before = cpu_seconds_in("/proc/self/stat");
    let (mut took, mut committed) = (Vec::new(), 0_usize);
    let (mut last_tenth, mut tenth_at) = (0_usize, Instant::now());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        if begun.elapsed() < Duration::from_secs(seconds) * 9 / 10 {
            (last_tenth, tenth_at) = (committed, Instant::now());
        }
        let batch = batches.recv().await.context("no more posts")?;
        let began = Instant::now();
        let done = store.commit(batch).await?;
        took.push(began.elapsed());
        committed += done.entries.iter().map(|(_, entries)| entries.len()).sum::<usize>();
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let at_the_end_per_s = (committed - last_tenth) as f64 / tenth_at.elapsed().as_secs_f64();
    let cpu = cpu_seconds_in("/proc/self/stat") - cpu_before;
    drop(batches);
    // On a machine that is shared, time says little; what a post costs the processor says more.
    let cpu = cpu - making.join().unwrap_or_default();

    let counts = store.counts().await?;
    anyhow::ensure!(counts.posts == committed as u64 && counts.log_entries == counts.posts, "{counts:?}");
    let page = store.page(&CityId::new("ville1"), &Filter::default(), Some("ville1"), None, 1, false).await?;
    anyhow::ensure!(!page.cards.is_empty() || size == 1, "nothing is found");
    store.close().await?;
    took.sort_unstable();
    Ok(Run {
        posts_per_s: committed as f64 / elapsed,
        cpu_us_per_post: cpu * 1e6 / committed.max(1) as f64,
        commit_p99_ms: quantile(&took, 0.99),
        at_the_end_per_s,
    })
}

/// Rows a second into one table, by the writer's way to SQLite and with its settings.
async fn bare(folder: &Path, size: usize, seconds: u64) -> anyhow::Result<f64> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("bare.db"))
        .create_if_missing(true)
        .page_size(8_192)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "2000")
        .pragma("cache_size", "-65536");
    let mut connection = options.connect().await?;
    let table = "CREATE TABLE posts (key TEXT UNIQUE, city INTEGER, created INTEGER, body TEXT);
        CREATE INDEX by_city ON posts (city, created)";
    sqlx::raw_sql(table).execute(&mut connection).await?;
    let insert = format!("INSERT INTO posts VALUES {}", vec!["(?,?,?,?)"; BARE_ROWS].join(","));
    let body: Arc<str> = "x".repeat(BARE_BODY).into();
    let mut rng = fastrand::Rng::with_seed(SEED);
    let (begun, mut rows) = (Instant::now(), 0_i64);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut transaction = connection.begin().await?;
        for _ in 0..size / BARE_ROWS {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.as_str()));
            for _ in 0..BARE_ROWS {
                rows += 1;
                let key = format!("at://did:plc:{:024x}/app.bsky.feed.post/3m{rows:011x}", rng.u64(..));
                query = query.bind(key).bind(rng.i64(..CITIES as i64)).bind(rows).bind(Arc::clone(&body));
            }
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(rows as f64 / begun.elapsed().as_secs_f64())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let (runs, seconds, short) = if is_quick() { (1, 15, 2) } else { (3, 60, 5) };
    let mut notes = String::new();
    let mut rates = Vec::new();
    for number in 0..runs {
        eprintln!("    {seconds} s of commits, {} of {runs}", number + 1);
        let done = run(tempfile::tempdir()?.path(), BATCH, seconds).await?;
        rates.push(done.posts_per_s);
        if number == 0 {
            write!(
                notes,
                "{seconds} s a run, batches of {BATCH}: {:.0} us of processor a post, p99 of a commit {:.0} ms, {:.0} \
                 posts/s in the last tenth.",
                done.cpu_us_per_post, done.commit_p99_ms, done.at_the_end_per_s
            )?;
        }
    }
    let bare = bare(tempfile::tempdir()?.path(), BATCH, short).await?;
    for size in [1, 100, 10_000] {
        let done = run(tempfile::tempdir()?.path(), size, short).await?;
        write!(notes, " Batches of {size}: {:.0} posts/s.", done.posts_per_s)?;
    }
    let what = "posts committed durably with log and search entries (synchronous=FULL, the real writer)";
    let ours = Figure::of(&rates, "posts/s");
    Row::new("G10", what, Better::Larger, ours)
        .with_goal(30_000.0, Some(143_199.0))
        .beside("bare rows: the same SQLite with one table, key and index", &Figure::of(&[bare], "posts/s"), None, None)
        .noting(&notes)
        .print();
    Ok(())
}

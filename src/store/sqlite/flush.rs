//! Writes a settled ledger back.
//!
//! Owns the order of the writes: what goes, goes first. Does not own what is written (`ledger`).
//! Invariant: one statement a table, in one transaction that the caller holds.

use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::json::{self as form, FacetJson, LabelJson, MediaJson, ReasonJson, TagJson};
use super::load::array;
use super::statement::Statement;
use super::statements;
use crate::crash::{self, Point};
use crate::domain::{Batch, CityId, PostId, StoreError, Timestamp};
use crate::store::command::fold_handle;
use crate::store::ledger::{Ledger, StoredAuthor, StoredPlacement, StoredPost, is_sensitive};

/// Gaps are shown for orientation; more than this many tell nobody anything.
const GAPS_MAX: i64 = 1_000;

#[derive(Serialize)]
struct AuthorRow<'a> {
    row: i64,
    network: &'static str,
    native_id: &'a str,
    handle: Option<&'a str>,
    name: Option<&'a str>,
    labels: Vec<LabelJson>,
    discoverable: Option<bool>,
    indexable: Option<bool>,
    noindex: Option<bool>,
    locked: bool,
    automated: bool,
    status: &'static str,
    checked_at: Option<i64>,
    hidden: bool,
}

#[derive(Serialize)]
struct PostRow<'a> {
    row: i64,
    id: i64,
    network: &'static str,
    native_id: &'a str,
    author: i64,
    url: Option<&'a str>,
    text: &'a str,
    facets: Vec<FacetJson>,
    languages: &'a [String],
    tags: Vec<TagJson>,
    media: Vec<MediaJson>,
    labels: Vec<LabelJson>,
    created_at: i64,
    edited_at: Option<i64>,
    received_at: i64,
    revision: &'a str,
    reply_parent: Option<&'a str>,
    reply_root: Option<&'a str>,
    place_name: Option<&'a str>,
    sensitive: bool,
    automated: bool,
    moderated: bool,
    checked_at: i64,
}

#[derive(Serialize)]
struct PlacementRow<'a> {
    post: i64,
    city: i64,
    tier: Option<&'static str>,
    position: Option<u64>,
    published: bool,
    shown: bool,
    received_at: i64,
    lane: String,
    thread: Option<i64>,
    reply_to: Option<i64>,
    zone: Option<&'a str>,
    zone_from_text: bool,
    lon: Option<f64>,
    lat: Option<f64>,
    precision_m: Option<u32>,
    origin: Option<&'static str>,
    official: Option<&'a str>,
    reasons: Vec<ReasonJson>,
    recipe: &'a str,
}

fn author_row(author: &StoredAuthor) -> AuthorRow<'_> {
    let profile = &author.profile;
    AuthorRow {
        row: author.row,
        network: profile.network.as_str(),
        native_id: profile.id.as_str(),
        handle: profile.handle.as_deref(),
        name: profile.name.as_deref(),
        labels: form::labels_out(&profile.labels),
        discoverable: profile.discoverable,
        indexable: profile.indexable,
        noindex: profile.noindex,
        locked: profile.locked,
        automated: profile.automated,
        status: profile.status.as_str(),
        checked_at: profile.checked_at.map(Timestamp::as_micros),
        hidden: author.hidden,
    }
}

fn post_row(stored: &StoredPost) -> PostRow<'_> {
    let post = &stored.post;
    PostRow {
        row: stored.row,
        id: post.id.as_u64().cast_signed(),
        network: post.network.as_str(),
        native_id: post.native_id.as_str(),
        author: stored.author_row,
        url: post.url.as_deref(),
        text: &post.text,
        facets: form::facets_out(&post.facets),
        languages: &post.languages,
        tags: form::tags_out(&post.tags),
        media: form::media_out(&post.media),
        labels: form::labels_out(&post.labels),
        created_at: post.created_at.as_micros(),
        edited_at: post.edited_at.map(Timestamp::as_micros),
        received_at: stored.received_at.as_micros(),
        revision: &post.revision,
        reply_parent: post.reply.as_ref().map(|reply| reply.parent.as_str()),
        reply_root: post.reply.as_ref().map(|reply| reply.root.as_str()),
        place_name: post.place_name.as_deref(),
        sensitive: is_sensitive(post, stored.received_at),
        automated: post.automated,
        moderated: stored.moderated,
        checked_at: stored.checked_at.as_micros(),
    }
}

fn placement_row<'a>(ledger: &Ledger, stored: &StoredPost, city: i64, placed: &'a StoredPlacement) -> PlacementRow<'a> {
    let placement = &placed.placement;
    let row_of = |id: Option<PostId>| id.and_then(|id| ledger.posts.get(&id)).map(|target| target.row);
    PlacementRow {
        post: stored.row,
        city,
        tier: placement.tier.map(|tier| tier.as_str()),
        position: placed.position,
        published: placed.published,
        shown: placed.shown,
        received_at: stored.received_at.as_micros(),
        lane: placement.lane.to_token(),
        thread: row_of(placement.thread),
        reply_to: row_of(placement.reply_to),
        zone: placement.zone.as_deref(),
        zone_from_text: placement.zone_from_text,
        lon: placement.location.map(|location| location.lon),
        lat: placement.location.map(|location| location.lat),
        precision_m: placement.location.map(|location| location.precision_m),
        origin: placement.location.map(|location| location.origin.as_str()),
        official: placement.official.as_deref(),
        reasons: form::reasons_out(&placement.reasons),
        recipe: &placement.recipe,
    }
}

/// Runs a statement over rows, or not at all when there are none.
async fn write<T: Serialize>(
    connection: &mut SqliteConnection,
    statement: Statement<1>,
    items: &[T],
) -> Result<(), StoreError> {
    if !items.is_empty() {
        statement.run(connection, [encode(items)?.into()]).await?;
    }
    Ok(())
}

fn encode<T: Serialize>(items: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|error| StoreError::Fatal(format!("a batch can't be encoded: {error}")))
}

pub async fn flush(
    connection: &mut SqliteConnection,
    ledger: &Ledger,
    batch: &Batch,
    now: Timestamp,
) -> Result<(), StoreError> {
    let lost = || StoreError::Fatal("a placement's city was not loaded".into());
    let city_row = |city: &CityId| ledger.cities.get(city).map(|city| city.row).ok_or_else(lost);
    let out = &ledger.out;

    let dropped: Result<Vec<_>, StoreError> =
        out.dropped_placements.iter().map(|(post, city)| Ok((*post, city_row(city)?))).collect();
    write(connection, statements::DELETE_PLACEMENTS, &dropped?).await?;
    write(connection, statements::DELETE_PLACEMENTS_OF, &out.erased_posts).await?;
    write(connection, statements::DELETE_POSTS, &out.erased_posts).await?;

    let cities: Vec<_> = ledger
        .cities
        .iter()
        .filter(|(_, city)| city.dirty)
        .map(|(slug, city)| (city.row, slug.as_str(), city.head, city.last_position))
        .collect();
    write(connection, statements::WRITE_CITIES, &cities).await?;
    let mut authors: Vec<_> = ledger.authors.values().filter(|author| author.dirty).map(author_row).collect();
    authors.sort_unstable_by_key(|author| author.row);
    write(connection, statements::WRITE_AUTHORS, &authors).await?;

    // In the order of their rows: FTS5 writes its index out whenever a row number goes back.
    let mut posts: Vec<&StoredPost> = ledger.posts.values().collect();
    posts.sort_unstable_by_key(|post| post.row);
    let dirty: Vec<_> = posts.iter().filter(|post| post.dirty).map(|post| post_row(post)).collect();
    write(connection, statements::WRITE_POSTS, &dirty).await?;
    let mut placements = Vec::new();
    for stored in posts {
        for (city, placed) in stored.placements.iter().filter(|(_, placed)| placed.dirty) {
            placements.push(placement_row(ledger, stored, city_row(city)?, placed));
        }
    }
    write(connection, statements::WRITE_PLACEMENTS, &placements).await?;

    write_entries(connection, ledger, now).await?;
    write_refusals(connection, ledger, now).await?;
    let checked: Vec<_> = out.checked.iter().map(|(post, at)| (post.as_u64().cast_signed(), at.as_micros())).collect();
    write(connection, statements::WRITE_CHECKED, &checked).await?;
    let bereft: Vec<i64> = out.bereft_authors.iter().copied().collect();
    write(connection, statements::DELETE_AUTHORS, &bereft).await?;

    for (source, gap) in &out.gaps {
        let (from, until) = (gap.from.as_micros(), gap.until.as_micros());
        statements::WRITE_GAP.run(connection, [source.as_str().into(), from.into(), until.into()]).await?;
        statements::DROP_GAPS.run(connection, [GAPS_MAX.into()]).await?;
    }
    crash::point(Point::PostsWritten);
    for (source, checkpoint) in &batch.checkpoints {
        let values = [source.as_str().into(), checkpoint.as_str().into()];
        statements::WRITE_CHECKPOINT.run(connection, values).await?;
    }
    Ok(())
}

async fn write_entries(connection: &mut SqliteConnection, ledger: &Ledger, now: Timestamp) -> Result<(), StoreError> {
    let mut entries = Vec::new();
    for (city, appended) in &ledger.out.entries {
        let Some(city) = ledger.cities.get(city) else { continue };
        let row = |entry: &crate::domain::FeedEntry| {
            (city.row, entry.offset.0, entry.op.as_str(), entry.post.as_u64().cast_signed())
        };
        entries.extend(appended.iter().map(row));
    }
    if !entries.is_empty() {
        statements::WRITE_LOG.run(connection, [encode(&entries)?.into(), now.as_micros().into()]).await?;
    }
    Ok(())
}

async fn write_refusals(connection: &mut SqliteConnection, ledger: &Ledger, now: Timestamp) -> Result<(), StoreError> {
    let out = &ledger.out;
    let tombstones: Vec<_> = out
        .tombstones
        .iter()
        .map(|(post, tombstone)| {
            let expires_at = tombstone.expires_at.map(Timestamp::as_micros);
            (post.as_u64().cast_signed(), tombstone.reason.as_str(), expires_at)
        })
        .collect();
    write(connection, statements::WRITE_TOMBSTONES, &tombstones).await?;
    if !out.suppressed.is_empty() {
        let subjects = array(out.suppressed.iter().map(|subject| subject.0.cast_signed()));
        statements::WRITE_SUPPRESSED.run(connection, [subjects.into(), now.as_micros().into()]).await?;
    }
    let left: Vec<_> = out
        .left
        .iter()
        .map(|(network, handle, id)| json!([network.as_str(), fold_handle(handle), fold_handle(id)]))
        .collect();
    write(connection, statements::DROP_REQUESTS_OF, &left).await
}

//! Rows as values of the domain.
//!
//! Owns the reading of columns by name. Does not own the statements.
//! Invariant: a value that this program can't have written stops the process instead of reaching a reader.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Sqlite, Type};

use super::json;
use crate::domain::utterance::{KeyKind, UtteranceKey};
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, Card, CardAuthor, CityId, CoarseLocation, Lane, LocationOrigin, Motive,
    NativeId, Network, Placement, Post, PostId, RefuseReason, Reply, Schedule, StoreError, Tier, Timestamp,
};
use crate::store::error::unreadable;
use crate::store::ledger::{StoredAuthor, StoredCity, StoredPlacement, StoredPost, Tombstone};

type Read<T> = Result<T, StoreError>;

pub fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, column: &'static str) -> Read<T> {
    row.try_get(column).map_err(StoreError::from)
}

pub fn time(row: &SqliteRow, column: &'static str) -> Read<Timestamp> {
    get(row, column).map(Timestamp::from_micros)
}

pub fn post_id(row: &SqliteRow, column: &'static str) -> Read<PostId> {
    get::<i64>(row, column).map(|id| PostId::from_u64(id.cast_unsigned()))
}

pub fn city(row: &SqliteRow) -> Read<CityId> {
    get::<String>(row, "slug").map(|slug| CityId::new(&slug))
}

/// A number that we count upwards from 0.
pub fn count(row: &SqliteRow, column: &'static str) -> Read<u64> {
    u64::try_from(get::<i64>(row, column)?).or(Err(unreadable(column)))
}

pub fn network(row: &SqliteRow, column: &'static str) -> Read<Network> {
    Network::parse(&get::<String>(row, column)?).ok_or_else(|| unreadable(column))
}

pub fn optional_time(row: &SqliteRow, column: &'static str) -> Read<Option<Timestamp>> {
    get::<Option<i64>>(row, column).map(|at| at.map(Timestamp::from_micros))
}

fn schedule(row: &SqliteRow) -> Read<Schedule> {
    Ok(Schedule {
        starts_at: optional_time(row, "starts_at")?,
        ends_at: optional_time(row, "ends_at")?,
        cancelled: get(row, "cancelled")?,
    })
}

fn optional_post_id(row: &SqliteRow, column: &'static str) -> Read<Option<PostId>> {
    get::<Option<i64>>(row, column).map(|id| id.map(|id| PostId::from_u64(id.cast_unsigned())))
}

fn tier(row: &SqliteRow) -> Read<Option<Tier>> {
    let text: Option<String> = get(row, "tier")?;
    text.map(|text| Tier::parse(&text).ok_or_else(|| unreadable("tier"))).transpose()
}

fn covered(row: &SqliteRow) -> Read<Option<Motive>> {
    let text: Option<String> = get(row, "covered")?;
    text.map(|text| Motive::parse(&text).ok_or_else(|| unreadable("covered"))).transpose()
}

fn lane(row: &SqliteRow) -> Read<Lane> {
    Lane::parse(&get::<String>(row, "lane")?).ok_or_else(|| unreadable("lane"))
}

fn location(row: &SqliteRow) -> Read<Option<CoarseLocation>> {
    let (Some(lon), Some(lat)) = (get::<Option<f64>>(row, "lon")?, get::<Option<f64>>(row, "lat")?) else {
        return Ok(None);
    };
    let precision_m = u32::try_from(get::<i64>(row, "precision_m")?).or(Err(unreadable("precision_m")))?;
    let origin = LocationOrigin::parse(&get::<String>(row, "origin")?).ok_or_else(|| unreadable("origin"))?;
    Ok(Some(CoarseLocation { lon, lat, precision_m, origin }))
}

/// From the columns of the view `cards`.
pub fn card(row: &SqliteRow, city: &CityId) -> Read<Card> {
    Ok(Card {
        id: post_id(row, "id")?,
        city: city.clone(),
        position: count(row, "position")?,
        network: network(row, "network")?,
        native_id: NativeId::new(get::<String>(row, "native_id")?),
        url: get(row, "url")?,
        author: CardAuthor {
            id: AuthorId::new(get::<String>(row, "author_id")?),
            handle: get(row, "handle")?,
            name: get(row, "name")?,
            official: get(row, "official")?,
        },
        text: get(row, "text")?,
        facets: json::facets_in(get(row, "facets")?)?,
        lang: get(row, "lang")?,
        created_at: time(row, "created_at")?,
        received_at: time(row, "received_at")?,
        edited_at: optional_time(row, "edited_at")?,
        date_corrected: get(row, "date_corrected")?,
        tags: json::tags_in(get(row, "tags")?)?.into_iter().map(|tag| tag.display).collect(),
        media: json::media_in(get(row, "media")?)?,
        reply_to: optional_post_id(row, "reply_to")?,
        thread: optional_post_id(row, "thread")?,
        location: location(row)?,
        zone: get(row, "zone")?,
        zone_from_text: get(row, "zone_from_text")?,
        lane: lane(row)?,
        schedule: schedule(row)?,
        expires_at: optional_time(row, "expires_at")?,
        sensitive: get(row, "sensitive")?,
        automated: get(row, "automated")?,
        tier: tier(row)?.ok_or_else(|| unreadable("tier"))?,
        copies: json::copies_in(get(row, "copies")?)?,
        reasons: json::reasons_in(get(row, "reasons")?)?,
        covered: covered(row)?,
        pinned: get(row, "pinned")?,
        recipe: get(row, "recipe")?,
    })
}

pub fn cards(rows: &[SqliteRow], city: &CityId) -> Read<Vec<Arc<Card>>> {
    rows.iter().map(|row| card(row, city).map(Arc::new)).collect()
}

/// From the `author_…` columns of `POSTS`, `AUTHORS` and `ALL_AUTHORS`.
pub fn author(row: &SqliteRow) -> Read<StoredAuthor> {
    let status: String = get(row, "status")?;
    Ok(StoredAuthor {
        row: get(row, "author")?,
        profile: AuthorProfile {
            id: AuthorId::new(get::<String>(row, "author_id")?),
            network: network(row, "author_network")?,
            handle: get(row, "handle")?,
            name: get(row, "name")?,
            bio: String::new(),
            labels: json::labels_in(get(row, "author_labels")?)?,
            discoverable: get(row, "discoverable")?,
            indexable: get(row, "indexable")?,
            noindex: get(row, "noindex")?,
            locked: get(row, "locked")?,
            automated: get(row, "author_automated")?,
            status: AccountStatus::parse(&status).ok_or_else(|| unreadable("status"))?,
            checked_at: optional_time(row, "author_checked_at")?,
        },
        hidden: get(row, "hidden")?,
        dirty: false,
    })
}

/// From `POSTS`; the placements come apart.
pub fn post(row: &SqliteRow) -> Read<StoredPost> {
    let parent: Option<String> = get(row, "reply_parent")?;
    let root: Option<String> = get(row, "reply_root")?;
    Ok(StoredPost {
        row: get(row, "row")?,
        post: Post {
            id: post_id(row, "id")?,
            network: network(row, "network")?,
            native_id: NativeId::new(get::<String>(row, "native_id")?),
            author: AuthorId::new(get::<String>(row, "author_id")?),
            url: get(row, "url")?,
            text: get(row, "text")?,
            facets: json::facets_in(get(row, "facets")?)?,
            languages: json::languages_in(get(row, "languages")?)?,
            created_at: time(row, "created_at")?,
            edited_at: optional_time(row, "edited_at")?,
            date_corrected: get(row, "date_corrected")?,
            revision: get(row, "revision")?,
            tags: json::tags_in(get(row, "tags")?)?,
            media: json::media_in(get(row, "media")?)?,
            reply: parent
                .zip(root)
                .map(|(parent, root)| Reply { parent: NativeId::new(parent), root: NativeId::new(root) }),
            point: None,
            place_name: get(row, "place_name")?,
            schedule: schedule(row)?,
            labels: json::labels_in(get(row, "labels")?)?,
            automated: get(row, "automated")?,
            copy_of: None,
            addressed: Vec::new(),
            unlisted: false,
        },
        author_row: get(row, "author")?,
        received_at: time(row, "received_at")?,
        checked_at: time(row, "checked_at")?,
        moderated: get(row, "moderated")?,
        placements: BTreeMap::new(),
        mentions: BTreeMap::new(),
        keys: Vec::new(),
        keys_dirty: false,
        dirty: false,
        stored: true,
    })
}

/// From `PLACEMENTS`.
pub fn placement(row: &SqliteRow) -> Read<StoredPlacement> {
    let position: Option<i64> = get(row, "position")?;
    Ok(StoredPlacement {
        placement: Placement {
            city: city(row)?,
            tier: tier(row)?,
            reasons: json::reasons_in(get(row, "reasons")?)?,
            recipe: get(row, "recipe")?,
            zone: get(row, "zone")?,
            zone_from_text: get(row, "zone_from_text")?,
            location: location(row)?,
            lane: lane(row)?,
            expires_at: optional_time(row, "expires_at")?,
            thread: optional_post_id(row, "thread_id")?,
            reply_to: optional_post_id(row, "reply_id")?,
            official: get(row, "official")?,
            assembly: get(row, "assembly")?,
        },
        position: position.map(|position| u64::try_from(position).or(Err(unreadable("position")))).transpose()?,
        published: get(row, "published")?,
        shown: get(row, "shown")?,
        folded: optional_post_id(row, "folded_id")?,
        copies: json::copies_in(get(row, "copies")?)?,
        covered: covered(row)?,
        pinned: get(row, "pinned")?,
        dirty: false,
    })
}

/// From `KEYS`.
pub fn key(row: &SqliteRow) -> Read<UtteranceKey> {
    let kind = KeyKind::parse(&get::<String>(row, "kind")?).ok_or_else(|| unreadable("kind"))?;
    Ok(UtteranceKey { kind, hash: get::<i64>(row, "hash")?.cast_unsigned() })
}

pub fn stored_city(row: &SqliteRow) -> Read<StoredCity> {
    Ok(StoredCity {
        row: get(row, "row")?,
        head: count(row, "head")?,
        last_position: count(row, "last_position")?,
        dirty: false,
    })
}

pub fn tombstone(row: &SqliteRow) -> Read<Tombstone> {
    let reason = match get::<String>(row, "reason")?.as_str() {
        "deleted" => RefuseReason::Deleted,
        "erased" => RefuseReason::Erased,
        _ => return Err(unreadable("reason")),
    };
    Ok(Tombstone { reason, expires_at: optional_time(row, "expires_at")? })
}

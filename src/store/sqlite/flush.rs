//! Writes a settled ledger back.
//!
//! Owns the order of the writes: what goes, goes first. Does not own what is written (`ledger`).
//! Invariant: a table's rows are written together, in one transaction that the caller holds.

use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::insert::{Inserts, Values};
use super::json as form;
use super::load::array;
use super::statement::Statement;
use super::{journal, mentions, rows, statements};
use crate::crash::{self, Point};
use crate::domain::utterance::UtteranceKey;
use crate::domain::{Batch, CityId, FeedEntry, Motive, PostId, PushOutcome, StoreError, Timestamp};
use crate::store::command::fold_handle;
use crate::store::ledger::{Erasure, Ledger, StoredAuthor, StoredPlacement, StoredPost, is_sensitive};
use crate::store::retention::{AHEAD_S, RECEIPTS_MAX};

/// Gaps are shown for orientation; more than this many tell nobody anything.
const GAPS_MAX: i64 = 1_000;

fn author_row(values: Values, author: &StoredAuthor) -> Values {
    let profile = &author.profile;
    values
        .int(author.row)
        .text(profile.network.as_str())
        .text(profile.id.as_str())
        .text(profile.handle.as_deref())
        .text(profile.name.as_deref())
        .list(&profile.labels, form::labels_out)
        .flag(profile.discoverable)
        .flag(profile.indexable)
        .flag(profile.noindex)
        .flag(profile.locked)
        .flag(profile.automated)
        .text(profile.status.as_str())
        .int(profile.checked_at.map(Timestamp::as_micros))
        .flag(author.hidden)
}

fn post_row(values: Values, stored: &StoredPost) -> Values {
    let post = &stored.post;
    values
        .int(stored.row)
        .int(post.id.as_u64().cast_signed())
        .text(post.network.as_str())
        .text(post.native_id.as_str())
        .int(stored.author_row)
        .text(post.url.as_deref())
        .text(post.text.as_str())
        .list(&post.facets, form::facets_out)
        .list(&post.languages, form::languages_out)
        .list(&post.tags, form::tags_out)
        .list(&post.media, form::media_out)
        .list(&post.labels, form::labels_out)
        .int(post.created_at.as_micros())
        .int(post.edited_at.map(Timestamp::as_micros))
        .flag(post.date_corrected)
        .int(stored.received_at.as_micros())
        .text(post.revision.as_str())
        .text(post.reply.as_ref().map(|reply| reply.parent.as_str()))
        .text(post.reply.as_ref().map(|reply| reply.root.as_str()))
        .text(post.place_name.as_deref())
        .int(post.schedule.starts_at.map(Timestamp::as_micros))
        .int(post.schedule.ends_at.map(Timestamp::as_micros))
        .flag(post.schedule.cancelled)
        .flag(is_sensitive(post, stored.received_at))
        .flag(post.automated)
        .flag(stored.moderated)
        .int(stored.checked_at.as_micros())
}

/// A placement to be written: of which post, and in which city's row.
struct Placed<'a> {
    stored: &'a StoredPost,
    city: i64,
    placed: &'a StoredPlacement,
}

fn placement_row(ledger: &Ledger, values: Values, Placed { stored, city, placed }: &Placed<'_>) -> Values {
    let placement = &placed.placement;
    let row_of = |id: Option<PostId>| id.and_then(|id| ledger.posts.get(&id)).map(|target| target.row);
    let location = placement.location;
    values
        .int(stored.row)
        .int(*city)
        .text(placement.tier.map(|tier| tier.as_str()))
        .int(placed.position.map(u64::cast_signed))
        .flag(placed.published)
        .flag(placed.shown)
        .int(stored.received_at.as_micros())
        .text(placement.lane.to_token().as_str())
        .int(placement.expires_at.map(Timestamp::as_micros))
        .int(row_of(placement.thread))
        .int(row_of(placement.reply_to))
        .int(row_of(placed.folded))
        .list(&placed.copies, form::copies_out)
        .text(placement.zone.as_deref())
        .flag(placement.zone_from_text)
        .real(location.map(|location| location.lon))
        .real(location.map(|location| location.lat))
        .int(location.map(|location| i64::from(location.precision_m)))
        .text(location.map(|location| location.origin.as_str()))
        .text(placement.official.as_deref())
        .flag(placement.assembly)
        .text(placed.covered.map(Motive::as_str))
        .flag(placed.pinned)
        .list(&placement.reasons, form::reasons_out)
        .text(placement.recipe.as_str())
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

/// Whether what a batch erases goes into the erasure journal. Not what time alone erases, or the journal itself: a
/// restored backup erases that again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journalled {
    Yes,
    No,
}

/// Returns the rows of authors that went, since nothing of theirs is stored any more.
pub async fn flush(
    connection: &mut SqliteConnection,
    ledger: &Ledger,
    batch: &Batch,
    now: Timestamp,
    journalled: Journalled,
) -> Result<Vec<i64>, StoreError> {
    let lost = || StoreError::Fatal("a placement's city was not loaded".into());
    let city_row = |city: &CityId| ledger.cities.get(city).map(|city| city.row).ok_or_else(lost);
    let out = &ledger.out;

    let dropped: Result<Vec<_>, StoreError> =
        out.dropped_placements.iter().map(|(post, city)| Ok((*post, city_row(city)?))).collect();
    write(connection, statements::DELETE_PLACEMENTS, &dropped?).await?;
    write(connection, statements::DELETE_PLACEMENTS_OF, &out.erased_posts).await?;
    let dropped: Result<Vec<_>, StoreError> =
        out.dropped_mentions.iter().map(|(post, city)| Ok((*post, city_row(city)?))).collect();
    write(connection, statements::DELETE_MENTIONS, &dropped?).await?;
    write(connection, statements::DELETE_MENTIONS_OF, &out.erased_posts).await?;
    let rekeyed: Vec<i64> =
        ledger.posts.values().filter(|post| post.keys_dirty && post.stored).map(|post| post.row).collect();
    write(connection, statements::DELETE_KEYS_OF, &[out.erased_posts.as_slice(), &rekeyed].concat()).await?;
    write(connection, statements::DELETE_POSTS, &out.erased_posts).await?;

    let cities: Vec<_> = ledger
        .cities
        .iter()
        .filter(|(_, city)| city.dirty)
        .map(|(slug, city)| (city.row, slug.as_str(), city.head, city.last_position))
        .collect();
    write(connection, statements::WRITE_CITIES, &cities).await?;
    let mut authors: Vec<&StoredAuthor> = ledger.authors.values().filter(|author| author.dirty).collect();
    authors.sort_unstable_by_key(|author| author.row);
    let mut inserts = Inserts::on(connection);
    inserts.add(&statements::WRITE_AUTHORS, &authors, |values, author| author_row(values, author)).await?;

    // In the order of their rows, so that tables and indices grow at their ends.
    let mut posts: Vec<&StoredPost> = ledger.posts.values().collect();
    posts.sort_unstable_by_key(|post| post.row);
    let dirty: Vec<&StoredPost> = posts.iter().copied().filter(|post| post.dirty).collect();
    inserts.add(&statements::WRITE_POSTS, &dirty, |values, post| post_row(values, post)).await?;
    let mut keys = Vec::new();
    let mut placements = Vec::new();
    let mut mentions = Vec::new();
    for stored in posts {
        for (city, item) in stored.mentions.iter().filter(|(_, item)| item.dirty) {
            mentions.push((stored.row, city_row(city)?, &item.mention));
        }
        keys.extend(stored.keys.iter().filter(|_| stored.keys_dirty).map(|key| (stored.row, key)));
        for (city, placed) in stored.placements.iter().filter(|(_, placed)| placed.dirty) {
            placements.push(Placed { stored, city: city_row(city)?, placed });
        }
    }
    let placement = |values, placed: &Placed<'_>| placement_row(ledger, values, placed);
    inserts.add(&statements::WRITE_PLACEMENTS, &placements, placement).await?;
    inserts.add(&statements::WRITE_MENTIONS, &mentions, mentions::mention_row).await?;
    let key = |values: Values, (post, key): &(i64, &UtteranceKey)| {
        values.int(*post).int(key.hash.cast_signed()).text(key.kind.as_str())
    };
    inserts.add(&statements::WRITE_KEYS, &keys, key).await?;
    let entry = |values, (city, entry): &(i64, &FeedEntry)| entry_row(values, *city, entry, now);
    inserts.add(&statements::WRITE_LOG, &entries(ledger), entry).await?;
    inserts.finish().await?;

    write_refusals(connection, ledger, now).await?;
    if journalled == Journalled::Yes {
        write_erasures(connection, ledger, now).await?;
    }
    let check = |(post, at): &(PostId, Timestamp)| {
        (post.as_u64().cast_signed(), at.as_micros(), at.plus_seconds(AHEAD_S).as_micros())
    };
    let checked: Vec<_> = out.checked.iter().map(check).collect();
    write(connection, statements::WRITE_CHECKED, &checked).await?;
    let mut gone = Vec::new();
    if !out.bereft_authors.is_empty() {
        let bereft = array(out.bereft_authors.iter().copied());
        for row in statements::DELETE_AUTHORS.all(connection, [bereft.into()]).await? {
            gone.push(rows::get(&row, "row")?);
        }
    }

    for (source, network, gap, at) in &out.gaps {
        let times = [gap.from, gap.until, *at].map(|time| time.as_micros().into());
        let [from, until, at] = times;
        let values = [source.as_str().into(), network.as_str().into(), from, until, at];
        statements::WRITE_GAP.run(connection, values).await?;
        statements::DROP_GAPS.run(connection, [GAPS_MAX.into()]).await?;
    }
    crash::point(Point::PostsWritten);
    for (source, checkpoint) in &batch.checkpoints {
        let values = [source.as_str().into(), checkpoint.as_str().into()];
        statements::WRITE_CHECKPOINT.run(connection, values).await?;
    }
    write_receipts(connection, batch, &ledger.answers(batch)).await?;
    let new: Vec<i64> = dirty.iter().filter(|post| !post.stored).map(|post| post.row).collect();
    write(connection, statements::WRITE_TEXTS, &new).await?;
    Ok(gone)
}

fn entries(ledger: &Ledger) -> Vec<(i64, &FeedEntry)> {
    let mut entries = Vec::new();
    for (city, appended) in &ledger.out.entries {
        let Some(city) = ledger.cities.get(city) else { continue };
        entries.extend(appended.iter().map(|entry| (city.row, entry)));
    }
    entries
}

fn entry_row(values: Values, city: i64, entry: &FeedEntry, now: Timestamp) -> Values {
    values
        .int(city)
        .int(entry.offset.0.cast_signed())
        .text(entry.op.as_str())
        .int(entry.post.as_u64().cast_signed())
        .int(now.as_micros())
}

async fn write_erasures(connection: &mut SqliteConnection, ledger: &Ledger, now: Timestamp) -> Result<(), StoreError> {
    let out = &ledger.out;
    let subject = |id: PostId| id.as_u64().cast_signed();
    let posts = out.erasures.iter().map(|erasure| match erasure {
        Erasure::Outdated(post) => (journal::OUTDATED.to_owned(), subject(*post), None),
        Erasure::Hidden(post) => (journal::HIDDEN.to_owned(), subject(*post), None),
        Erasure::Unhidden(post) => (journal::UNHIDDEN.to_owned(), subject(*post), None),
        Erasure::HiddenIn(post, city, until) => {
            (journal::in_city(journal::HIDDEN, city), subject(*post), until.map(Timestamp::as_micros))
        }
        Erasure::ShownIn(post, city) => (journal::in_city(journal::UNHIDDEN, city), subject(*post), None),
        Erasure::Blocked(author, city, until) => {
            let until = until.map(Timestamp::as_micros);
            (journal::in_city(journal::BLOCKED, city), author.0.cast_signed(), until)
        }
        Erasure::Unblocked(author, city) => (journal::in_city(journal::UNBLOCKED, city), author.0.cast_signed(), None),
    });
    let buried = out.tombstones.iter().map(|(post, tombstone)| {
        (tombstone.reason.as_str().to_owned(), subject(*post), tombstone.expires_at.map(Timestamp::as_micros))
    });
    let left = out.suppressed.iter().map(|person| (journal::LEFT.to_owned(), person.0.cast_signed(), None));
    let mut last = ledger.last_erasure;
    let numbered = posts.chain(buried).chain(left).map(|(kind, subject, expires_at)| {
        last += 1;
        (last, kind, subject, expires_at)
    });
    let rows: Vec<_> = numbered.collect();
    if !rows.is_empty() {
        statements::WRITE_ERASURES.run(connection, [encode(&rows)?.into(), now.as_micros().into()]).await?;
        statements::COUNT_ERASURES.run(connection, [last.into()]).await?;
    }
    Ok(())
}

async fn write_receipts(
    connection: &mut SqliteConnection,
    batch: &Batch,
    answers: &[Vec<PushOutcome>],
) -> Result<(), StoreError> {
    for (receipt, outcomes) in batch.receipts.iter().zip(answers) {
        let [sender, message, body] =
            [receipt.delivery.sender, receipt.delivery.message, receipt.body].map(|hash| hash.cast_signed().into());
        let words = outcomes.iter().map(|outcome| outcome.token()).collect::<Vec<_>>().join(" ");
        let drop = [sender, RECEIPTS_MAX.into()];
        let sender = receipt.delivery.sender.cast_signed().into();
        let values = [sender, message, body, receipt.at.as_micros().into(), words.into()];
        statements::WRITE_RECEIPT.run(connection, values).await?;
        statements::DROP_OLD_RECEIPTS.run(connection, drop).await?;
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

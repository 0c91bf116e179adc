//! A database that was put back: a copy, or an earlier state of itself.
//!
//! Owns what happens to it before anybody reads it. Does not own how it got there (`backup`), nor the journal's file.
//! Invariant: nothing that was taken away after the copy was made is ever shown from it again.
//!
//! A copy is wrong in three ways, and each is mended from where the truth is. What this instance erased since is in the
//! erasure journal: it is erased here again, and hidden, and kept out. What the networks' authors changed since, they are
//! asked for: every author counts as never asked, and nothing of theirs is shown before they answer; deletions come with
//! the stream, which is resumed from the copy's own checkpoint. What time has ended since is swept. And the log begins a
//! new epoch: offsets of the old one were given to other entries after the copy was made, so no cursor may cross.
//!
//! Without the journal, deletions since are known to the networks alone: every post counts as unchecked too, and is
//! hidden until it was found at its origin. What the operator had hidden or erased since can then be known to nobody;
//! that is why such a start has to be asked for (`Lost::Accepted`).

use std::collections::HashSet;
use std::sync::Arc;

use super::handle::StoreOptions;
use super::sqlite::flush::Journalled;
use super::sqlite::load::array;
use super::sqlite::open::{Behind, Opened, new_epoch};
use super::sqlite::{journal, moderation, rows, staff, statements, sweep, tally};
use super::writer::transact;
use crate::domain::{Batch, Change, IdKey, Measure, PostId, StoreError, SubjectHash, Timestamp};

/// Whether a database may be put back without the journal of what was erased since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Refused,
    Accepted,
}

/// What was done to a restored database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Erasures that the journal held.
    pub erasures: u64,
    /// Posts, in each city they stood in, that were over their time.
    pub expired: u64,
    pub journal_lost: bool,
}

/// Erasures, rows of posts or authors taken at once.
const WINDOW: i64 = 10_000;

/// Whether a database that was put back may be used, or a copy put back at all.
pub fn may_be_used(is_journalled: bool, lost: Lost) -> Result<(), StoreError> {
    if is_journalled || lost == Lost::Accepted {
        return Ok(());
    }
    Err(StoreError::Fatal(
        "this database is a backup, and the journal of what was erased since (the file .erasures) is missing or does not \
         reach back to it: put it there, or accept its loss with `parvis restore --erasures-lost`"
            .into(),
    ))
}

/// Brings the database to what may be shown of it. A crash at any point leaves it to be begun again.
pub async fn catch_up(opened: &mut Opened, behind: Behind, options: &StoreOptions) -> Result<CaughtUp, StoreError> {
    may_be_used(behind.is_journalled, options.lost_journal)?;
    let now = options.clock.now();
    unshow(opened, behind).await?;
    let erasures = erase(opened, behind.since, now).await?;
    let mut expired = 0;
    loop {
        let batch = sweep::expired(&mut opened.writer, now, options.retention).await?;
        if batch.is_empty() {
            break;
        }
        expired += batch.changes.len() as u64;
        apply(opened, batch.changes, now).await?;
    }
    // What a missing journal can't say is not known from here on either.
    let last = opened.erasures.last().max(behind.since);
    if !behind.is_journalled {
        opened.erasures.begin_anew(last).await?;
    }
    let parts = [opened.epoch.0.to_string(), now.as_micros().to_string(), last.to_string()];
    let epoch = new_epoch(options.entropy, &parts.each_ref().map(String::as_str))?;
    statements::BEGIN.run(&mut opened.writer, []).await?;
    if behind.is_journalled {
        opened.erasures.give_requests(&mut opened.writer).await?;
    }
    statements::DROP_ERASURES.run(&mut opened.writer, [last.into()]).await?;
    statements::DROP_COPIED.run(&mut opened.writer, []).await?;
    // Who was signed in then may have been sent away since.
    staff::CLOSE_ALL.run(&mut opened.writer, []).await?;
    statements::TAKE_INTO_USE.run(&mut opened.writer, [epoch.0.cast_signed().into(), last.into()]).await?;
    statements::COMMIT.run(&mut opened.writer, []).await?;
    // What was erased is to leave the disk too.
    statements::TRUNCATE_LOG.first(&mut opened.writer, []).await?;
    opened.erasures.take_requests(&mut opened.writer).await?;
    (opened.epoch, opened.behind) = (epoch, None);
    tracing::info!(erasures, expired, "A restored database was brought up to what was erased since.");
    Ok(CaughtUp { erasures, expired, journal_lost: !behind.is_journalled })
}

/// Nothing is shown until the networks have been asked again.
async fn unshow(opened: &mut Opened, behind: Behind) -> Result<(), StoreError> {
    statements::UNCHECK_AUTHORS.run(&mut opened.writer, []).await?;
    let row = statements::LAST_ROWS.first(&mut opened.writer, []).await?;
    let last: i64 = row.map_or(Ok(0), |row| rows::get(&row, "posts"))?;
    let mut above = 0;
    while above < last {
        // In steps, so that the write-ahead log stays small.
        let up_to = above + WINDOW;
        statements::UNSHOW.run(&mut opened.writer, [above.into(), up_to.into()]).await?;
        if !behind.is_journalled {
            statements::UNCHECK_POSTS.run(&mut opened.writer, [above.into(), up_to.into()]).await?;
        }
        above = up_to;
    }
    Ok(())
}

/// Does again what the journal says was done since. Returns how many erasures that were.
async fn erase(opened: &mut Opened, since: i64, now: Timestamp) -> Result<u64, StoreError> {
    let (mut after, mut done) = (since, 0);
    let mut left: HashSet<SubjectHash> = HashSet::new();
    loop {
        let (entries, last) = opened.erasures.since(after, WINDOW).await?;
        if entries.is_empty() {
            break;
        }
        (after, done) = (last, done + entries.len() as u64);
        let of =
            |kinds: &[&str]| entries.iter().filter(|entry| kinds.contains(&entry.kind.as_str())).collect::<Vec<_>>();
        let buried: Vec<_> =
            of(&["deleted", "erased"]).iter().map(|entry| (entry.subject, &entry.kind, entry.expires_at)).collect();
        let buried = serde_json::to_string(&buried).map_err(|error| StoreError::Fatal(error.to_string()))?;
        statements::WRITE_TOMBSTONES.run(&mut opened.writer, [buried.into()]).await?;
        let persons: Vec<i64> = of(&[journal::LEFT]).iter().map(|entry| entry.subject).collect();
        left.extend(persons.iter().map(|subject| SubjectHash(subject.cast_unsigned())));
        let values = [array(persons).into(), now.as_micros().into()];
        statements::WRITE_SUPPRESSED.run(&mut opened.writer, values).await?;

        let hidden = of(&[journal::HIDDEN, journal::UNHIDDEN]);
        let hide = |entry: &&journal::Entry| {
            let post = PostId::from_u64(entry.subject.cast_unsigned());
            Change::Hide { post, hidden: entry.kind == journal::HIDDEN }
        };
        apply(opened, hidden.iter().map(hide).collect(), now).await?;
        for entry in &entries {
            let Some((kind, city)) = entry.kind.split_once('@') else { continue };
            let (measure, stands) = match kind {
                journal::HIDDEN => (Measure::Hide, true),
                journal::UNHIDDEN => (Measure::Hide, false),
                journal::BLOCKED => (Measure::BlockAuthor, true),
                journal::UNBLOCKED => (Measure::BlockAuthor, false),
                _ => continue,
            };
            moderation::stand_again(&mut opened.writer, city, measure, entry, stands, now).await?;
        }
        let gone = array(of(&[journal::OUTDATED, "deleted", "erased"]).iter().map(|entry| entry.subject));
        let places = statements::PLACES_OF.all(&mut opened.writer, [gone.as_str().into()]).await?;
        let desks = statements::DESKS_OF.all(&mut opened.writer, [gone.into()]).await?;
        let unplace = |row| Ok(Change::Unplace { post: rows::post_id(row, "id")?, city: rows::city(row)? });
        let unmention = |row| Ok(Change::Unmention { post: rows::post_id(row, "id")?, city: rows::city(row)? });
        let changes = places.iter().map(unplace).chain(desks.iter().map(unmention));
        let changes: Result<Vec<Change>, StoreError> = changes.collect();
        apply(opened, changes?, now).await?;
    }
    purge(opened, &left, now).await?;
    Ok(done)
}

/// Erases what the copy holds of persons who left since: of them only a hash is known.
async fn purge(opened: &mut Opened, left: &HashSet<SubjectHash>, now: Timestamp) -> Result<(), StoreError> {
    // Also out of the numbers that are not told yet, which know nobody by anything else.
    let persons: Vec<SubjectHash> = left.iter().copied().collect();
    tally::take_out(&mut opened.writer, &persons).await?;
    // And what copies theirs, be that held or not.
    let persons = array(left.iter().map(|person| person.0.cast_signed()));
    let copies = statements::POSTS_OF_KEYS.all(&mut opened.writer, [persons.into()]).await?;
    let erase = |row| Ok(Change::Erase { post: rows::post_id(row, "id")?, whole: false, at: now });
    let changes: Result<Vec<Change>, StoreError> = copies.iter().map(erase).collect();
    apply(opened, changes?, now).await?;

    let key: IdKey = opened.id_key;
    let mut after = 0;
    while !left.is_empty() {
        let found = statements::ALL_AUTHORS.all(&mut opened.writer, [after.into(), WINDOW.into()]).await?;
        let mut changes = Vec::new();
        for row in &found {
            let author = rows::author(row)?;
            after = author.row;
            let (network, author) = (author.profile.network, author.profile.id);
            if left.contains(&SubjectHash::derive(&key, network, &author)) {
                changes.push(Change::Leave { network, author, at: now });
            }
        }
        apply(opened, changes, now).await?;
        if found.is_empty() {
            break;
        }
    }
    Ok(())
}

async fn apply(opened: &mut Opened, changes: Vec<Change>, now: Timestamp) -> Result<(), StoreError> {
    let batch = Batch { changes, ..Batch::default() };
    if !batch.is_empty() {
        transact(&mut opened.writer, &opened.id_key, &Arc::new(batch), now, Journalled::No, None).await?;
    }
    Ok(())
}

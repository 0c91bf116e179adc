//! The inbox of a city's desk, as rows.
//!
//! Owns reading and writing items. Does not own what becomes of them (`ledger::mentions`). Invariant: of a pointer, and of what the
//! operator has hidden, no word and no name is read, whatever the rows hold.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::insert::Values;
use super::read::{Reader, bounded};
use super::{json, rows, statements};
use crate::domain::{
    Answer, Answering, Asked, CityId, Mention, MentionForm, MentionItem, MentionPage, MentionQuery, MentionState,
    MentionStatus, MentionWords, NativeId, PostId, StaffName, StoreError, Timestamp,
};
use crate::store::error::unreadable;
use crate::store::retention::MENTIONS_MAX;

/// Items of one page.
const PAGE_MAX: usize = 100;

pub fn mention_row(values: Values, (post, city, mention): &(i64, i64, &Mention)) -> Values {
    let (assignee, answer) = match &mention.state {
        MentionState::Assigned(name) => (Some(name), None),
        MentionState::Answered(answer) => (None, Some(answer)),
        MentionState::New | MentionState::NoAnswerNeeded | MentionState::AnsweredElsewhere => (None, None),
    };
    values
        .int(*post)
        .int(*city)
        .flag(mention.form == MentionForm::Pointer)
        .int(mention.asked_at.as_micros())
        .int(mention.received_at.as_micros())
        .int(mention.expires_at.map(Timestamp::as_micros))
        .text(mention.state.status().as_str())
        .text(assignee.map(StaffName::as_str))
        .int(answer.map(|answer| answer.at.as_micros()))
        .text(answer.and_then(|answer| answer.url.as_deref()))
        .int(mention.since.as_micros())
        .text(mention.by.as_ref().map(StaffName::as_str))
        .int(mention.reopened_at.map(Timestamp::as_micros))
}

fn status(row: &SqliteRow) -> Result<MentionStatus, StoreError> {
    MentionStatus::parse(&rows::get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))
}

fn name(row: &SqliteRow, column: &'static str) -> Result<Option<StaffName>, StoreError> {
    let name: Option<String> = rows::get(row, column)?;
    name.map(|name| StaffName::parse(&name).ok_or_else(|| unreadable(column))).transpose()
}

/// From the columns of `mentions`.
pub fn mention(row: &SqliteRow) -> Result<Mention, StoreError> {
    let state = match status(row)? {
        MentionStatus::New => MentionState::New,
        MentionStatus::NoAnswerNeeded => MentionState::NoAnswerNeeded,
        MentionStatus::Assigned => {
            MentionState::Assigned(name(row, "assignee")?.ok_or_else(|| unreadable("assignee"))?)
        }
        MentionStatus::Answered => {
            MentionState::Answered(Answer { at: rows::time(row, "answered_at")?, url: rows::get(row, "answer_url")? })
        }
        MentionStatus::AnsweredElsewhere => MentionState::AnsweredElsewhere,
    };
    Ok(Mention {
        form: if rows::get(row, "pointer")? { MentionForm::Pointer } else { MentionForm::Words },
        asked_at: rows::time(row, "asked_at")?,
        received_at: rows::time(row, "received_at")?,
        expires_at: rows::optional_time(row, "expires_at")?,
        state,
        since: rows::time(row, "since")?,
        by: name(row, "by")?,
        reopened_at: rows::optional_time(row, "reopened_at")?,
    })
}

fn words(row: &SqliteRow) -> Result<MentionWords, StoreError> {
    Ok(MentionWords {
        handle: rows::get(row, "handle")?,
        name: rows::get(row, "name")?,
        text: rows::get(row, "text")?,
        facets: json::facets_in(rows::get(row, "facets")?)?,
        lang: rows::get(row, "lang")?,
        media: json::media_in(rows::get(row, "media")?)?,
        edited_at: rows::optional_time(row, "edited_at")?,
    })
}

fn read_item(row: &SqliteRow) -> Result<MentionItem, StoreError> {
    let mention = mention(row)?;
    Ok(MentionItem {
        post: rows::post_id(row, "id")?,
        number: rows::count(row, "row")?,
        network: rows::network(row, "network")?,
        native_id: NativeId::new(rows::get::<String>(row, "native_id")?),
        url: rows::get(row, "url")?,
        words: if mention.form == MentionForm::Words && !rows::get(row, "moderated")? {
            Some(words(row)?)
        } else {
            None
        },
        mention,
        on_page: rows::get(row, "on_page")?,
        earlier_exchanges: rows::count(row, "earlier")?,
    })
}

pub async fn item(
    connection: &mut SqliteConnection,
    city: &CityId,
    post: PostId,
) -> Result<Option<MentionItem>, StoreError> {
    let values = [city.as_str().into(), post.as_u64().cast_signed().into()];
    statements::DESK_ITEM.first(connection, values).await?.map(|row| read_item(&row)).transpose()
}

impl Reader {
    pub async fn mentions(&self, city: &CityId, query: MentionQuery) -> Result<MentionPage, StoreError> {
        let limit = query.limit.clamp(1, PAGE_MAX);
        let before = query.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let status = query.status.map(MentionStatus::as_str);
        // One more tells whether there is another page.
        let values = [city.as_str().into(), before.into(), status.into(), bounded(limit + 1, PAGE_MAX + 1).into()];
        let mut limited = self.limited().await?;
        let found =
            super::read::in_time(async { Ok(statements::DESK_ITEMS.all(&mut limited.connection, values).await?) });
        let mut items: Vec<MentionItem> = found.await?.iter().map(read_item).collect::<Result<_, _>>()?;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().map(|item| item.number).filter(|_| has_more);
        Ok(MentionPage { items, next })
    }

    pub async fn mention(&self, city: &CityId, post: PostId) -> Result<Option<MentionItem>, StoreError> {
        let mut limited = self.limited().await?;
        super::read::in_time(item(&mut limited.connection, city, post)).await
    }

    pub async fn asked(&self, city: &CityId, since: Timestamp) -> Result<Vec<Asked>, StoreError> {
        let values = [city.as_str().into(), since.as_micros().into(), MENTIONS_MAX.into()];
        let mut limited = self.limited().await?;
        let found =
            super::read::in_time(async { Ok(statements::ASKED.all(&mut limited.connection, values).await?) }).await?;
        let asked = |row: &SqliteRow| {
            let answering = match status(row)? {
                MentionStatus::New | MentionStatus::Assigned => Answering::Open,
                MentionStatus::NoAnswerNeeded => Answering::NoAnswerNeeded,
                MentionStatus::Answered => Answering::InPublic(rows::time(row, "answered_at")?),
                MentionStatus::AnsweredElsewhere => Answering::Elsewhere,
            };
            Ok(Asked { at: rows::time(row, "asked_at")?, answering })
        };
        found.iter().map(asked).collect()
    }
}

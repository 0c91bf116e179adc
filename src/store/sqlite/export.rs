//! Everything held on a person (L-25).
//!
//! Owns who a name means, and the form of the answer. Does not own who may ask: that is the operator.
//! Invariant: what the database holds on the person is in the answer, hidden and queued posts too.

use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnection;

use super::load::array;
use super::{mentions, rows, startup, statements};
use crate::domain::{
    AuthorId, CityId, HideReason, IdKey, Label, Mention, MentionForm, MentionState, Network, PostId, StoreError,
    SubjectHash, Timestamp,
};
use crate::store::command::{Person, fold_handle};
use crate::store::ledger::{StoredAuthor, StoredPlacement, StoredPost};

/// Rows, networks and ids of the authors whom a name means.
pub async fn people(
    connection: &mut SqliteConnection,
    person: &Person,
) -> Result<Vec<(i64, Network, AuthorId)>, StoreError> {
    let (network, folded) = (person.network.map(|network| network.as_str()), person.folded());
    let read = |row| {
        let id = AuthorId::new(rows::get::<String>(row, "native_id")?);
        Ok((rows::get(row, "row")?, rows::network(row, "network")?, id))
    };
    let plain = statements::PEOPLE.all(connection, [network.into(), folded.as_str().into()]).await?;
    let mut found: Vec<_> = plain.iter().map(read).collect::<Result<_, StoreError>>()?;
    if !folded.is_ascii() {
        for row in &statements::PEOPLE_WITH_OTHER_LETTERS.all(connection, [network.into()]).await? {
            let person = read(row)?;
            if fold_handle(&rows::get::<String>(row, "handle")?) == folded && !found.contains(&person) {
                found.push(person);
            }
        }
    }
    Ok(found)
}

/// A JSON object: `accounts` with their posts, `leave_requests`, and whether the person left.
pub async fn person(connection: &mut SqliteConnection, key: &IdKey, person: &Person) -> Result<String, StoreError> {
    let found = people(connection, person).await?;
    let author_rows = array(found.iter().map(|(row, _, _)| *row));
    let mut posts = Vec::new();
    let ids: Result<Vec<i64>, _> = statements::POSTS_OF_AUTHORS
        .all(connection, [author_rows.clone().into()])
        .await?
        .iter()
        .map(|row| rows::get(row, "id"))
        .collect();
    for row in statements::POSTS.all(connection, [array(ids?).into()]).await? {
        posts.push((rows::post(&row)?, rows::author(&row)?));
    }
    let post_rows = array(posts.iter().map(|(stored, _)| stored.row));
    let mut placements: Vec<(i64, StoredPlacement)> = Vec::new();
    for row in statements::PLACEMENTS.all(connection, [post_rows.as_str().into()]).await? {
        placements.push((rows::get(&row, "post")?, rows::placement(&row)?));
    }
    let mut desks: Vec<(i64, Json)> = Vec::new();
    for row in statements::MENTIONS.all(connection, [post_rows.into()]).await? {
        desks.push((rows::get(&row, "post")?, at_desk(&rows::city(&row)?, &mentions::mention(&row)?)));
    }
    let accounts: Vec<Json> = found
        .iter()
        .filter_map(|(author_row, _, _)| {
            let own: Vec<_> = posts.iter().filter(|(stored, _)| stored.author_row == *author_row).collect();
            let (_, author) = own.first()?;
            let posts: Vec<Json> =
                own.iter().map(|(stored, author)| post(stored, author, &placements, &desks)).collect();
            Some(account(author, &posts))
        })
        .collect();

    let mut names = vec![person.folded()];
    names.extend(posts.iter().filter_map(|(_, author)| author.profile.handle.as_deref().map(fold_handle)));
    names.extend(found.iter().map(|(_, _, id)| fold_handle(id.as_str())));
    names.sort_unstable();
    names.dedup();
    let mut requests: Vec<Json> = Vec::new();
    for name in names {
        let values = [person.network.map(|network| network.as_str()).into(), name.into()];
        for row in &statements::LEAVE_REQUESTS_OF.all(connection, values).await? {
            let request = startup::leave_request(row)?;
            requests.push(json!({
                "city": request.city.as_str(), "network": request.network.as_str(), "handle": request.handle,
                "at": request.at.to_rfc3339(),
            }));
        }
    }
    let left = match person.lasting_id() {
        Some((network, id)) => {
            let subject = SubjectHash::derive(key, network, &AuthorId::new(id)).0.cast_signed();
            Some(!statements::SUPPRESSED.all(connection, [array([subject]).into()]).await?.is_empty())
        }
        // Of those who left only a hash of the lasting id is kept: a handle can't be looked up in it.
        None => None,
    };
    let whole = json!({ "accounts": accounts, "leave_requests": requests, "left": left });
    serde_json::to_string_pretty(&whole).map_err(|error| StoreError::Fatal(error.to_string()))
}

fn account(author: &StoredAuthor, posts: &[Json]) -> Json {
    let profile = &author.profile;
    json!({
        "network": profile.network.as_str(), "id": profile.id.as_str(), "handle": profile.handle,
        "name": profile.name, "labels": labels(&profile.labels), "discoverable": profile.discoverable,
        "indexable": profile.indexable, "noindex": profile.noindex, "locked": profile.locked,
        "automated": profile.automated, "status": profile.status.as_str(),
        "checked_at": profile.checked_at.map(Timestamp::to_rfc3339), "posts": posts,
    })
}

fn labels(labels: &[Label]) -> Vec<Json> {
    let label = |label: &Label| {
        let expires_at = label.expires_at.map(Timestamp::to_rfc3339);
        json!({ "value": label.value, "negated": label.negated, "expires_at": expires_at })
    };
    labels.iter().map(label).collect()
}

fn hide_reason(stored: &StoredPost, author: &StoredAuthor) -> Option<HideReason> {
    if stored.moderated {
        Some(HideReason::Moderated)
    } else if author.hidden {
        Some(HideReason::AuthorInactive)
    } else if author.profile.checked_at.is_none() {
        Some(HideReason::AuthorUnchecked)
    } else if stored.is_unchecked() {
        Some(HideReason::PostUnchecked)
    } else {
        None
    }
}

/// In whose inbox a post is, and what became of it. Who at the town hall it is with is theirs.
fn at_desk(city: &CityId, mention: &Mention) -> Json {
    let answer = match &mention.state {
        MentionState::Answered(answer) => Some(answer),
        _ => None,
    };
    json!({
        "city": city.as_str(), "pointer": mention.form == MentionForm::Pointer, "state": mention.state.status().as_str(),
        "since": mention.since.to_rfc3339(), "asked_at": mention.asked_at.to_rfc3339(),
        "received_at": mention.received_at.to_rfc3339(),
        "expires_at": mention.expires_at.map(Timestamp::to_rfc3339),
        "answered_at": answer.map(|answer| answer.at.to_rfc3339()),
        "answer": answer.and_then(|answer| answer.url.as_deref()),
    })
}

fn post(
    stored: &StoredPost,
    author: &StoredAuthor,
    placements: &[(i64, StoredPlacement)],
    desks: &[(i64, Json)],
) -> Json {
    let post = &stored.post;
    let cities: Vec<Json> =
        placements.iter().filter(|(row, _)| *row == stored.row).map(|(_, placed)| placement(placed)).collect();
    let hidden = hide_reason(stored, author).map(|reason| match reason {
        HideReason::Moderated => "moderated",
        HideReason::AuthorInactive => "author_inactive",
        HideReason::AuthorUnchecked => "author_unchecked",
        HideReason::PostUnchecked => "post_unchecked",
    });
    let facets: Vec<Json> = post
        .facets
        .iter()
        .map(|f| json!({ "start": f.start, "end": f.end, "kind": f.kind.as_str(), "value": f.value }))
        .collect();
    let media: Vec<Json> =
        post.media.iter().map(|m| json!({ "kind": m.kind.as_str(), "url": m.url, "alt": m.alt })).collect();
    json!({
        "id": post.id.token(), "native_id": post.native_id.as_str(), "url": post.url, "text": post.text,
        "facets": facets, "languages": post.languages,
        "tags": post.tags.iter().map(|tag| tag.display.as_str()).collect::<Vec<_>>(), "media": media,
        "labels": labels(&post.labels), "created_at": post.created_at.to_rfc3339(),
        "date_corrected": post.date_corrected, "edited_at": post.edited_at.map(Timestamp::to_rfc3339), "received_at": stored.received_at.to_rfc3339(),
        "checked_at": stored.checked_at.to_rfc3339(), "revision": post.revision,
        "reply_parent": post.reply.as_ref().map(|reply| reply.parent.as_str()),
        "reply_root": post.reply.as_ref().map(|reply| reply.root.as_str()), "place_name": post.place_name,
        "starts_at": post.schedule.starts_at.map(Timestamp::to_rfc3339),
        "ends_at": post.schedule.ends_at.map(Timestamp::to_rfc3339), "cancelled": post.schedule.cancelled,
        "automated": post.automated, "hidden": hidden, "cities": cities,
        "desks": desks.iter().filter(|(row, _)| *row == stored.row).map(|(_, desk)| desk).collect::<Vec<_>>(),
    })
}

fn placement(placed: &StoredPlacement) -> Json {
    let placement = &placed.placement;
    let reasons: Vec<Json> =
        placement.reasons.iter().map(|r| json!({ "rule": r.rule.as_str(), "value": r.value })).collect();
    let copies: Vec<Json> =
        placed.copies.iter().map(|copy| json!({ "network": copy.network.as_str(), "url": copy.url })).collect();
    let location = placement
        .location
        .map(|l| json!({ "lon": l.lon, "lat": l.lat, "precision_m": l.precision_m, "origin": l.origin.as_str() }));
    json!({
        "city": placement.city.as_str(), "tier": placement.tier.map(|tier| tier.as_str()), "shown": placed.shown,
        "position": placed.position, "lane": placement.lane.to_token(),
        "expires_at": placement.expires_at.map(Timestamp::to_rfc3339), "zone": placement.zone,
        "zone_from_text": placement.zone_from_text, "location": location, "official": placement.official,
        "thread": placement.thread.map(PostId::token), "reply_to": placement.reply_to.map(PostId::token),
        "shown_by": placed.folded.map(PostId::token), "copies": copies, "reasons": reasons, "recipe": placement.recipe,
    })
}

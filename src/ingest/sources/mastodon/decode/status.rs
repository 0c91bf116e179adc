//! How a status' fields become a [`RawPost`].
//!
//! Does not own the author's profile (`profile`). Invariant: no HTML is handed on, and nothing is taken for a post's
//! identity, or its author's, that another server would not say too.

use super::profile::{author, profile};
use super::{Seen, TEXT_BYTES_MAX, cut, host};
use crate::domain::{AuthorId, Label, Media, MediaKind, NativeId, RawFacet, RawPost, Schedule, Timestamp, Visibility};
use crate::ingest::html::{self, Marked};
use crate::ingest::sources::mastodon::wire::{Attachment, Mentioned, Poll, PreviewCard, Status};

/// Handed on of each; more than what `normalize` keeps (32, 4).
const TAGS_MAX: usize = 64;
const TAG_BYTES_MAX: usize = 640;
const MEDIA_MAX: usize = 8;
const ALT_BYTES_MAX: usize = 16 << 10;
const ADDRESS_BYTES_MAX: usize = 2_048;
/// Longer identities are never sound; this much of one is enough to see it.
const ID_BYTES_MAX: usize = 1_100;
/// Accounts that a status is taken to address.
const ADDRESSED_MAX: usize = 32;
/// Mastodon allows four options, others a few more.
const OPTIONS_MAX: usize = 12;
const OPTION_BYTES_MAX: usize = 400;
/// The label under which a card is shown behind a fold.
const SENSITIVE: &str = "sensitive";

pub fn seen(status: Status<'_>) -> Seen {
    let account = status.account.unwrap_or_default();
    let author = author(&account);
    let profile = profile(&author, &account);
    let written = Timestamp::parse_rfc3339(&status.created_at);
    let edited = Timestamp::parse_rfc3339(&status.edited_at);
    // A status without a page of its own is shown at its identity.
    let url = if status.url.is_empty() { &status.uri } else { &status.url };
    let Marked { text, facets } = text(&status.spoiler_text, &status.content, status.poll.as_ref());
    let post = RawPost {
        native_id: NativeId::new(cut(&status.uri, ID_BYTES_MAX)),
        copy_of: copy_of(&status.uri, &status.url, [&account.uri, &account.url]),
        automated: profile.automated,
        author,
        profile: Some(Box::new(profile)),
        media: media(&status.media_attachments, status.card.as_ref(), url),
        url: address(url),
        text,
        facets,
        languages: Some(status.language.trim()).filter(|it| !it.is_empty()).map(|it| cut(it, 35)).into_iter().collect(),
        created_at: written,
        edited: edited.is_some(),
        revision: edited.or(written).map(revision).unwrap_or_default(),
        tags: status.tags.iter().take(TAGS_MAX).map(|tag| cut(&tag.name, TAG_BYTES_MAX)).collect(),
        // Known by the server's own id only; whoever remembers those fills it in.
        reply: None,
        place: None,
        schedule: Schedule::default(),
        labels: if status.sensitive == Some(true) { vec![Label::plain(SENSITIVE)] } else { Vec::new() },
        visibility: match &*status.visibility {
            "public" => Visibility::Public,
            "unlisted" => Visibility::Unlisted,
            _ => Visibility::Restricted,
        },
        addressed: addressed(&status.mentions),
    };
    let answers = Some(&*status.in_reply_to_id).filter(|id| !id.is_empty() && id.len() <= super::LOCAL_ID_BYTES_MAX);
    Seen { id: status.id.into_owned(), answers: answers.map(str::to_owned), written_at: edited.or(written), post }
}

/// By the pages of their accounts, under which listed handles are known too (`webfinger`).
fn addressed(mentions: &[Mentioned<'_>]) -> Vec<AuthorId> {
    let pages = mentions.iter().map(|mentioned| &*mentioned.url);
    let sound = pages.filter(|page| !page.is_empty() && page.len() <= ID_BYTES_MAX);
    sound.take(ADDRESSED_MAX).map(AuthorId::new).collect()
}

/// The time of a version, so written that a later one is the greater text: the same on all servers.
fn revision(at: Timestamp) -> String {
    format!("{:016x}", at.as_micros().max(0))
}

/// The warning, the text and what can be voted for, one under the other.
fn text(spoiler: &str, content: &str, poll: Option<&Poll<'_>>) -> Marked {
    let Marked { text: content, facets } = html::to_text(content);
    let mut text = cut(spoiler.trim(), TEXT_BYTES_MAX);
    if !text.is_empty() && !content.is_empty() {
        text.push_str("\n\n");
    }
    let shift = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let moved = |facet: RawFacet| RawFacet {
        start: facet.start.saturating_add(shift),
        end: facet.end.saturating_add(shift),
        ..facet
    };
    let facets = facets.into_iter().map(moved).collect();
    text.push_str(&content);
    let options = poll.iter().flat_map(|poll| &poll.options).map(|option| option.title.trim());
    for option in options.filter(|option| !option.is_empty()).take(OPTIONS_MAX) {
        text.push_str(if text.is_empty() { "○ " } else { "\n○ " });
        text.push_str(&cut(option, OPTION_BYTES_MAX));
    }
    Marked { text, facets }
}

/// What hangs on the status. Pictures and films are never hot-linked: the card leads to the status.
fn media(attachments: &[Attachment<'_>], card: Option<&PreviewCard<'_>>, status: &str) -> Vec<Media> {
    let attached = attachments.iter().map(|attachment| Media {
        kind: match &*attachment.kind {
            "image" => MediaKind::Image,
            "video" | "gifv" => MediaKind::Video,
            _ => MediaKind::Link,
        },
        url: address(status),
        alt: cut(attachment.description.trim(), ALT_BYTES_MAX),
    });
    let linked = card.filter(|card| !card.url.is_empty()).map(|card| Media {
        kind: MediaKind::Link,
        url: address(&card.url),
        alt: cut(card.title.trim(), ALT_BYTES_MAX),
    });
    attached.chain(linked).take(MEDIA_MAX).collect()
}

/// Cut off, an address would be another's.
fn address(address: &str) -> Option<String> {
    (!address.is_empty() && address.len() <= ADDRESS_BYTES_MAX).then(|| address.to_owned())
}

/// What of Bridgy Fed's addresses stands before the one that it copies.
const BRIDGY: &str = "https://bsky.brid.gy/convert/ap/";
/// The same of Mostr's: then comes the event's id.
const MOSTR: &str = "https://mostr.pub/objects/";

/// The post that this one copies: the one that a bridge names in its own addresses, or the page that the status says is
/// its own where that is on a host that is neither its server's nor its author's.
fn copy_of(uri: &str, url: &str, account: [&str; 2]) -> Option<String> {
    let is_event = |id: &&str| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bridged = uri.strip_prefix(BRIDGY).filter(|origin| origin.starts_with("at://did:"));
    if let Some(origin) = bridged.or_else(|| uri.strip_prefix(MOSTR).filter(is_event)) {
        return address(origin);
    }
    let page = host(url)?;
    let is_home = [uri, account[0], account[1]].iter().any(|known| host(known).is_some_and(|host| host == page));
    if is_home { None } else { address(url) }
}

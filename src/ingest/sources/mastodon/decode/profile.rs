//! How an account's fields become an [`AuthorProfile`].
//!
//! Owns which fields speak for the author's wish not to be shown, as the network writes them. Does not own what follows
//! (`consent`). Invariant: a flag that is missing stays missing: it is the network's default and no answer.

use super::{cut, host};
use crate::domain::{AccountStatus, AuthorId, AuthorProfile, Network};
use crate::ingest::html;
use crate::ingest::sources::mastodon::wire::Account;

/// Bytes of an identity.
pub const ID_BYTES_MAX: usize = 1_100;
const NAME_BYTES_MAX: usize = 2 << 10;
const BIO_BYTES_MAX: usize = 32 << 10;
/// Mastodon allows four fields, other programs some more.
const FIELDS_MAX: usize = 20;

/// Who wrote it: the actor's address, or that of its page on servers that don't give the former. Never the handle, which
/// may change hands.
pub fn author(account: &Account<'_>) -> AuthorId {
    let id = if account.uri.is_empty() { &account.url } else { &account.uri };
    AuthorId::new(cut(id, ID_BYTES_MAX))
}

pub fn profile(author: &AuthorId, account: &Account<'_>) -> AuthorProfile {
    let is_hidden = account.suspended == Some(true) || account.limited == Some(true);
    AuthorProfile {
        handle: handle(account),
        name: Some(account.display_name.trim()).filter(|it| !it.is_empty()).map(|name| cut(name, NAME_BYTES_MAX)),
        bio: bio(account),
        discoverable: account.discoverable,
        indexable: account.indexable,
        noindex: account.noindex,
        locked: account.locked == Some(true),
        automated: account.bot == Some(true) || account.group == Some(true),
        status: if is_hidden { AccountStatus::Hidden } else { AccountStatus::Active },
        ..AuthorProfile::assumed(author.clone(), Network::Mastodon)
    }
}

/// `ana@ville.example`: a server leaves its own host out.
fn handle(account: &Account<'_>) -> Option<String> {
    let acct = cut(account.acct.trim().trim_start_matches('@'), NAME_BYTES_MAX);
    match acct.contains('@') {
        _ if acct.is_empty() => None,
        true => Some(acct),
        false => {
            let home = host(&account.url).or_else(|| host(&account.uri));
            Some(home.map_or(acct.clone(), |home| format!("{acct}@{home}")))
        }
    }
}

/// The note and the fields beside it, as text: opt-out marks stand in either (L-04).
fn bio(account: &Account<'_>) -> String {
    let mut bio = html::to_text(&account.note).text;
    bio.truncate(bio.floor_char_boundary(BIO_BYTES_MAX / 2));
    for field in account.fields.iter().take(FIELDS_MAX) {
        for part in [&field.name, &field.value] {
            bio.push('\n');
            bio.push_str(&html::to_text(part).text);
        }
        bio.truncate(bio.floor_char_boundary(BIO_BYTES_MAX));
    }
    bio
}

use serde_json::{Value, json};

use super::key;
use crate::domain::Timestamp;

/// Somebody who writes.
#[derive(Clone, Debug)]
pub struct Person {
    /// `maelle`, or `maelle@ailleurs.example` of another server.
    pub acct: String,
    pub name: String,
    pub bio: String,
    pub bot: bool,
}

impl Person {
    /// Of the simulated server, with a name of that handle.
    pub fn new(acct: &str) -> Self {
        Self { acct: acct.to_owned(), name: acct.to_owned(), bio: String::new(), bot: false }
    }
}

/// A public status as the server writes one, but for what the server itself adds (`name`). Tags in the text are marked.
pub fn status(person: &Person, text: &str, at: Timestamp) -> Value {
    json!({
        "created_at": at.to_rfc3339(), "edited_at": null, "in_reply_to_id": null, "in_reply_to_account_id": null,
        "sensitive": false, "spoiler_text": "", "visibility": "public", "language": "fr", "reblog": null,
        "content": html(text), "replies_count": 0, "reblogs_count": 0, "favourites_count": 0,
        "account": {
            "username": person.acct.split('@').next(), "acct": person.acct, "display_name": person.name,
            "note": html(&person.bio), "fields": [], "bot": person.bot, "group": false, "locked": false,
            "discoverable": true, "indexable": true, "noindex": false,
        },
        "media_attachments": [], "mentions": [], "emojis": [], "card": null, "poll": null,
        "tags": words(text).map(|tag| json!({ "name": tag.to_lowercase() })).collect::<Vec<_>>(),
    })
}

/// Gives a status, and its author, their addresses: of the server at `host`, or of the author's own.
pub fn name(status: &mut Value, host: &str, id: &str) {
    let acct = status.pointer("/account/acct").and_then(Value::as_str).unwrap_or("personne").to_owned();
    let (user, home) = match acct.split_once('@') {
        Some((user, home)) => (user.to_owned(), format!("https://{home}")),
        None => (acct, format!("http://{host}")),
    };
    put(status, "id", json!(id));
    put(status, "uri", json!(format!("{home}/users/{user}/statuses/{id}")));
    put(status, "url", json!(format!("{home}/@{user}/{id}")));
    if let Some(account) = status.get_mut("account") {
        put(account, "id", json!(user));
        put(account, "uri", json!(format!("{home}/users/{user}")));
        put(account, "url", json!(format!("{home}/@{user}")));
    }
}

/// Has a status address the account at `page`, whom its text calls `@user`: by a link and by a field, as the server writes it.
pub fn mention(status: &mut Value, user: &str, acct: &str, page: &str) {
    let link =
        format!("<span class=\"h-card\"><a href=\"{page}\" class=\"u-url mention\">@<span>{user}</span></a></span>");
    let content = status.get("content").and_then(Value::as_str).unwrap_or_default();
    let content = content.replacen(&format!("@{user}"), &link, 1);
    set(status, "content", json!(content));
    set(status, "mentions", json!([{ "id": acct, "username": user, "acct": acct, "url": page }]));
}

pub fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

/// Sets a field that is not set yet.
pub fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.entry(field).or_insert(value);
    }
}

pub fn id(status: &Value) -> &str {
    status.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// Under which the server finds it.
pub fn tags(status: &Value) -> Vec<String> {
    let names = status.get("tags").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|tag| tag.get("name")?.as_str()).map(key).collect()
}

/// The tags of a text, as written.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '_'))
        .filter_map(|word| word.strip_prefix('#'))
        .filter(|tag| !tag.is_empty())
}

/// As Mastodon writes a text: paragraphs, and tags as links.
pub fn html(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    let mut rest = escaped.as_str();
    while let Some((before, after)) = rest.split_once('#') {
        out.push_str(before);
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let (tag, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        match tag {
            "" => out.push('#'),
            tag => out.push_str(&format!(
                "<a href=\"https://place.example/tags/{0}\" class=\"mention hashtag\" rel=\"tag\">#<span>{0}</span></a>",
                tag
            )),
        }
        rest = tail;
    }
    out.push_str(rest);
    format!("<p>{}</p>", out.replace("\n\n", "</p><p>").replace('\n', "<br />"))
}

use std::borrow::Cow;

use crate::domain::{City, Cursor, Filter, Hashtag, Lane, Network, fold_tag};
use crate::live::Form;

use super::ApiError;

/// The interface's languages.
const LANGUAGES: [&str; 2] = ["fr", "en"];

const QUERY_BYTES_MAX: usize = 4_096;
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;
const SEARCH_CHARS: std::ops::RangeInclusive<usize> = 2..=200;

/// What `/posts` was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostsQuery {
    pub filter: Filter,
    pub search: Option<String>,
    pub before: Option<u64>,
    pub limit: usize,
}

/// What `/live` and `/events` were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveQuery {
    pub filter: Filter,
    pub cursor: Option<Cursor>,
    pub form: Form,
}

impl PostsQuery {
    /// Anything unknown, repeated or out of bounds is refused by name.
    pub fn parse(query: &str, city: &City) -> Result<Self, ApiError> {
        let mut read = Self { filter: Filter::default(), search: None, before: None, limit: LIMIT_DEFAULT };
        for (name, value) in pairs(query, &["before", "limit", "q"])? {
            match name.as_ref() {
                "before" => read.before = Some(before(&value)?),
                "limit" => read.limit = limit(&value)?,
                "q" => read.search = search(&value)?,
                name => filter(&mut read.filter, name, &value, city)?,
            }
        }
        Ok(read)
    }
}

impl LiveQuery {
    pub fn parse(query: &str, city: &City) -> Result<Self, ApiError> {
        let mut read = Self { filter: Filter::default(), cursor: None, form: Form::Json };
        let mut html = false;
        let mut spoken = "fr";
        for (name, value) in pairs(query, &["cursor", "format", "hl"])? {
            match name.as_ref() {
                "cursor" => read.cursor = Some(cursor("cursor", &value)?),
                "format" => html = format_is_html(&value)?,
                "hl" => spoken = language(&value)?,
                name => filter(&mut read.filter, name, &value, city)?,
            }
        }
        if html {
            read.form = Form::Html(spoken);
        }
        Ok(read)
    }
}

/// A cursor given back to us, in the parameter or header of that name.
pub fn cursor(name: &str, token: &str) -> Result<Cursor, ApiError> {
    let mend = "take the `cursor` of a page of posts or of a live message as it stands, or leave it out";
    Cursor::parse(token).map_err(|_error| ApiError::bad(name, "is not a cursor of this server", mend))
}

/// A parameter's name and value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters of a query, each known, present once, and not empty: an empty one is as if it were left out, as
/// forms send it.
fn pairs<'a>(query: &'a str, beside_filters: &[&str]) -> Result<Vec<Pair<'a>>, ApiError> {
    const FILTERS: [&str; 5] = ["tag", "zone", "network", "lang", "lane"];
    if query.len() > QUERY_BYTES_MAX {
        return Err(ApiError::bad("query", "is too long", format!("at most {QUERY_BYTES_MAX} bytes")));
    }
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let known: Vec<&str> = beside_filters.iter().copied().chain(FILTERS).collect();
        if !known.contains(&name.as_ref()) {
            let shown: String = name.chars().take(40).collect();
            return Err(ApiError::bad(&shown, "is no parameter of this address", format!("use {}", known.join(", "))));
        }
        if pairs.iter().any(|(seen, _)| *seen == name) {
            return Err(ApiError::bad(&name, "is given twice", "give it once"));
        }
        pairs.push((name, value));
    }
    pairs.retain(|(_, value)| !value.is_empty());
    Ok(pairs)
}

fn filter(filter: &mut Filter, name: &str, value: &str, city: &City) -> Result<(), ApiError> {
    match name {
        "tag" => filter.tag = Some(tag(value)?),
        "zone" => filter.zone = Some(zone(value, city)?),
        "network" => filter.network = Some(network(value)?),
        "lang" => filter.lang = Some(lang(value)?),
        _ => filter.lane = Some(lane(value)?),
    }
    Ok(())
}

fn before(value: &str) -> Result<u64, ApiError> {
    let mend = "take the `next` of a page or the `position` of a post";
    value.parse().map_err(|_error| ApiError::bad("before", "is not a position", mend))
}

fn limit(value: &str) -> Result<usize, ApiError> {
    let mend = format!("a whole number from 1 to {LIMIT_MAX}");
    let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| ApiError::bad("limit", "is out of bounds", mend))
}

fn search(value: &str) -> Result<Option<String>, ApiError> {
    let words = value.trim();
    if words.is_empty() {
        return Ok(None);
    }
    if SEARCH_CHARS.contains(&words.chars().count()) {
        return Ok(Some(words.to_owned()));
    }
    let mend = format!("{} to {} characters", SEARCH_CHARS.start(), SEARCH_CHARS.end());
    Err(ApiError::bad("q", "is too short or too long", mend))
}

fn tag(value: &str) -> Result<String, ApiError> {
    let mend = "a hashtag of letters and digits, with or without `#` (written %23)";
    Hashtag::new(value).map(|tag| tag.key).ok_or_else(|| ApiError::bad("tag", "is no hashtag", mend))
}

fn zone(value: &str, city: &City) -> Result<String, ApiError> {
    let key = fold_tag(value);
    let zone = city.zones.iter().find(|zone| zone.name == value || fold_tag(&zone.name) == key);
    zone.map(|zone| zone.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = city.zones.iter().map(|zone| zone.name.as_str()).collect();
        let mend =
            if names.is_empty() { "this city has no zones".into() } else { format!("one of {}", names.join(", ")) };
        ApiError::bad("zone", "is no zone of this city", mend)
    })
}

fn network(value: &str) -> Result<Network, ApiError> {
    Network::parse(value).ok_or_else(|| {
        let names: Vec<&str> = Network::ALL.iter().map(|network| network.as_str()).collect();
        ApiError::bad("network", "is not known", format!("one of {}", names.join(", ")))
    })
}

fn lang(value: &str) -> Result<String, ApiError> {
    let valid = (2..=3).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mend = "a primary language subtag of two or three letters, such as fr";
    if valid { Ok(value.to_ascii_lowercase()) } else { Err(ApiError::bad("lang", "is no language", mend)) }
}

fn lane(value: &str) -> Result<Lane, ApiError> {
    let mend = "one of people, info, press, agenda, around, event:<slug>";
    Lane::parse(value).ok_or_else(|| ApiError::bad("lane", "is not known", mend))
}

fn language(value: &str) -> Result<&'static str, ApiError> {
    let mend = format!("one of {}", LANGUAGES.join(", "));
    let language = LANGUAGES.into_iter().find(|language| *language == value);
    language.ok_or_else(|| ApiError::bad("hl", "is no language of the interface", mend))
}

fn format_is_html(value: &str) -> Result<bool, ApiError> {
    match value {
        "json" => Ok(false),
        "html" => Ok(true),
        _ => Err(ApiError::bad("format", "is not known", "json or html")),
    }
}

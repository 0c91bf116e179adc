use utoipa::IntoParams;

/// The filters of every list of posts, as they are documented. `http::query` reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a description: queries are read by http::query, which names what is wrong")]
pub struct FilterParams {
    /// A hashtag, with or without `#`; accents and case don't count
    tag: Option<String>,
    /// The name of a part of the city
    zone: Option<String>,
    /// bluesky, mastodon, nostr, feed, opendata, push or x
    network: Option<String>,
    /// A primary language subtag, such as fr
    lang: Option<String>,
    /// people, info, press, agenda, around or event:<slug>
    lane: Option<String>,
}

/// What a live session is asked for beside its filters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a description: queries are read by http::query, which names what is wrong")]
pub struct LiveParams {
    /// Where to go on; without it the session starts at now
    cursor: Option<String>,
    /// json (default) or html
    format: Option<String>,
    /// The language of html: fr (default) or en
    hl: Option<String>,
}

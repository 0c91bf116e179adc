use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, to};
use super::pages::{Bar, frame};
use crate::domain::{Network, SourceHealth, SourceState, Timestamp};
use crate::http::page::{Frame, SourceView, Words, is_trouble, source_views};
use crate::http::sheet::{Field, Files, Form, Sheet, file, files};

#[derive(Template)]
#[template(path = "desk_sources.html")]
struct SourcesView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    in_brief: String,
    sources: Vec<(SourceView, String)>,
    public: String,
    files: Files,
}

/// `GET /desk/{city}/sources`: how each source does, and what is to be done.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let w = asked.context.words();
    let mut sources = asked.pages.sources_of(&city.id);
    // What asks for something stands first; those of one state stay in their order.
    sources.sort_by_key(|source| !is_trouble(source.state));
    // The state of the sources matters most when the store is in trouble: shown without what is usual.
    let views = source_views(&asked.pages, &asked.context, &city, &sources).await;
    let in_trouble = sources.iter().filter(|source| is_trouble(source.state)).count();
    let here = format!("/{}/sources", city.id.as_str());
    let view = SourcesView {
        frame: frame(&asked, &here, w.t("desk-sources-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        in_brief: match sources.len() {
            0 => w.t("empty-no-source"),
            _ => w.count("desk-sources-in-brief", in_trouble),
        },
        sources: views.into_iter().zip(&sources).map(|(view, source)| (view, w.t(advice(source)))).collect(),
        public: format!("/{}/sources", city.id.as_str()),
        files: files(&format!("/desk{here}"), ""),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/sources.csv` and `.json`: a row for what each source does now, and one for each gap that is known.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let time = |at: Timestamp| Field::from(at.to_rfc3339());
    let rows = asked.pages.sources_of(&city.id).into_iter().flat_map(|source| {
        let row = |what: &str, from: Timestamp, until: Option<Timestamp>| {
            let (name, network) = (source.source.as_str().into(), source.network.as_str().into());
            [name, network, what.into(), time(from), until.map_or(Field::Unknown, time)]
        };
        let gaps = source.gaps.iter().map(|gap| row("gap", gap.from, Some(gap.until)));
        std::iter::once(row(source.state.as_str(), source.since, None)).chain(gaps).collect::<Vec<_>>()
    });
    let sheet = Sheet { columns: ["source", "network", "what", "from", "until"], rows: rows.collect() };
    file(&city, "sources", Form::of(&asked.request), &sheet)
}

/// What is to be done about a source, as a key of words. `ingest` names the status that it was answered with, in the words of
/// its detail; a detail that is not known leads to the general advice of its state.
fn advice(source: &SourceHealth) -> &'static str {
    let is_answered = |status: &str| {
        let mut words = source.detail.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word == status)
    };
    match source.state {
        SourceState::Live => "todo-live",
        SourceState::Connecting => "todo-connecting",
        SourceState::CatchingUp => "todo-catching-up",
        SourceState::WaitingForProfiles => "todo-waiting-for-profiles",
        SourceState::Silent if source.network.is_listing() => "todo-silent-list",
        SourceState::Silent => "todo-silent",
        SourceState::Down if source.network.is_listing() => "todo-down-list",
        SourceState::Down => "todo-down",
        SourceState::Refused if is_answered("429") => "todo-too-often",
        SourceState::Refused if is_answered("404") || is_answered("410") => "todo-gone",
        SourceState::Refused if source.network == Network::Mastodon && (is_answered("401") || is_answered("403")) => {
            "todo-token"
        }
        SourceState::Refused => "todo-refused",
        SourceState::Stopped => "todo-stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SourceId;
    use crate::http::page::Language;

    fn source(network: Network, state: SourceState, detail: &str) -> SourceHealth {
        SourceHealth {
            source: SourceId::new(network.as_str()),
            network,
            cities: None,
            polled: false,
            state,
            since: Timestamp::from_micros(0),
            last_event_at: None,
            gaps: Vec::new(),
            detail: detail.into(),
        }
    }

    #[test]
    fn each_state_has_something_to_do_in_both_languages() {
        for (network, state, detail, key) in [
            (Network::Bluesky, SourceState::Live, "", "todo-live"),
            (Network::Bluesky, SourceState::Connecting, "the server answered HTTP 401", "todo-connecting"),
            (Network::Bluesky, SourceState::CatchingUp, "", "todo-catching-up"),
            (Network::Bluesky, SourceState::WaitingForProfiles, "", "todo-waiting-for-profiles"),
            (Network::Bluesky, SourceState::Silent, "", "todo-silent"),
            (Network::Feed, SourceState::Silent, "", "todo-silent-list"),
            (Network::Nostr, SourceState::Down, "", "todo-down"),
            (Network::Feed, SourceState::Down, "the server answers 500", "todo-down-list"),
            (Network::Mastodon, SourceState::Refused, "the server answers 429", "todo-too-often"),
            (Network::Feed, SourceState::Refused, "the server answers 404", "todo-gone"),
            (Network::Mastodon, SourceState::Refused, "the server answers 401", "todo-token"),
            (Network::Feed, SourceState::Refused, "the server answers 403", "todo-refused"),
            (Network::Nostr, SourceState::Refused, "the relay declines: pay 4290 sats", "todo-refused"),
            (Network::Push, SourceState::Stopped, "", "todo-stopped"),
        ] {
            assert_eq!(advice(&source(network, state, detail)), key, "{network:?} {state:?} {detail}");
            for language in Language::ALL {
                assert_ne!(Words::new(language).t(key), key, "{language:?}");
            }
        }
    }
}

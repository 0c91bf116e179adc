use proptest::prelude::*;

use crate::domain::{Filter, Lane, Network};
use crate::http::query::{LiveQuery, PostsQuery};
use crate::live::Form;

use super::city;

proptest! {
    #[test]
    fn h1_no_query_panics(query in "\\PC{0,200}") {
        _ = PostsQuery::parse(&query, &city("nantes"));
        _ = LiveQuery::parse(&query, &city("nantes"));
    }

    #[test]
    fn h1_no_value_panics(name in "before|limit|tag|zone|network|lang|lane|q|cursor|format|hl", value in "\\PC{0,80}") {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
        let errors = [PostsQuery::parse(&query, &city("nantes")).err(), LiveQuery::parse(&query, &city("nantes")).err()];
        for error in errors.into_iter().flatten() {
                prop_assert_eq!(error.status().as_u16(), 400);
        }
    }
}

#[test]
fn filters_are_read_folded_and_checked() {
    let query =
        "tag=%23Saint-Nazaire&zone=centre+VILLE&network=bsky&lang=FR&lane=event:conseil&limit=7&before=42&q=+pluie+";
    let read = PostsQuery::parse(query, &city("nantes")).unwrap();
    let filter = Filter {
        tag: Some("saintnazaire".into()),
        zone: Some("Centre-ville".into()),
        network: Some(Network::Bluesky),
        lang: Some("fr".into()),
        lane: Some(Lane::Event("conseil".into())),
    };
    assert_eq!((read.filter, read.limit, read.before, read.search.as_deref()), (filter, 7, Some(42), Some("pluie")));
    assert!(PostsQuery::parse("hl=fr", &city("nantes")).is_err());
    assert!(PostsQuery::parse(&"a".repeat(5_000), &city("nantes")).is_err());
}

#[test]
fn a_session_asks_for_json_or_html() {
    let form = |query| LiveQuery::parse(query, &city("nantes")).map(|query| query.form);
    assert_eq!(form(""), Ok(Form::Json));
    assert_eq!(form("format=html"), Ok(Form::Html("fr")));
    assert_eq!(form("hl=en&format=html"), Ok(Form::Html("en")));
    assert!(form("format=xml").is_err() && form("hl=de").is_err() && form("q=pluie").is_err());
}

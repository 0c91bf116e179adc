//! What readers ask for: the queries of `/posts`, `/live` and `/events`.

use parvis::domain::Hashtag;
use parvis::http::{ApiError, LiveQuery, PostsQuery, near};

use super::town::TOWN;

pub fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    match PostsQuery::parse(query, &TOWN) {
        Ok(read) => {
            assert!((1..=100).contains(&read.limit) && query.len() <= 4_096);
            assert!(read.search.as_ref().is_none_or(|words| (2..=200).contains(&words.chars().count())));
            if let Some(key) = &read.filter.tag {
                let again = Hashtag::new(key).expect("a key is a tag");
                assert_eq!(again.key, *key, "a link by the key leads to the same");
            }
            let zone = read.filter.zone.as_ref();
            assert!(zone.is_none_or(|name| TOWN.zones.iter().any(|zone| zone.name == *name)));
            assert!(read.filter.lang.is_none_or(|lang| matches!(lang.len(), 2 | 3)));
        }
        Err(error) => told(&error),
    }
    match LiveQuery::parse(query, &TOWN) {
        Ok(read) => {
            assert!(query.len() <= 4_096 && read.cursor.is_none_or(|cursor| query.contains(&cursor.token()[..4])))
        }
        Err(error) => told(&error),
    }
    let near = near(query, ["ville", "villeneuve", "autre-ville"].into_iter());
    assert!(near.len() <= 3);
}

/// What is wrong is said shortly, whatever was asked.
fn told(error: &ApiError) {
    let ApiError::BadParameter { parameter, fault, mend } = error else { panic!("{error:?}") };
    assert!(parameter.chars().count() <= 40 && fault.len() <= 200 && mend.len() <= 400, "{error:?}");
}

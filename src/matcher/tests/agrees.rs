//! Random cities and posts: the compiled snapshot says what asking each city plainly says.

use geo::MultiPolygon;
use proptest::prelude::*;

use super::super::*;
use super::{at, city, post, reply, square};
use crate::domain::{
    Around, AuthorId, City, CityId, Hashtag, KnownPost, Listing, Network, Official, OfficialKind, Post, PostId, Recipe,
    Rule, Zone,
};

fn term() -> impl Strategy<Value = String> {
    let word = prop_oneof![Just("a"), Just("b"), Just("B"), Just("é"), Just("e"), Just("aB"), Just("-"), Just("c d")];
    proptest::collection::vec(word, 1..3).prop_map(|words| words.join(" "))
}

fn terms(max: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(term(), 0..max)
}

fn boundary() -> impl Strategy<Value = Option<MultiPolygon<f64>>> {
    let outline =
        (0_i32..4, 0_i32..4, 1_i32..3).prop_map(|(x, y, side)| square(f64::from(x), f64::from(y), f64::from(side)));
    proptest::option::of(outline)
}

fn networks() -> impl Strategy<Value = Network> {
    prop_oneof![3 => Just(Network::Bluesky), 1 => Just(Network::Mastodon)]
}

fn language() -> impl Strategy<Value = String> {
    prop_oneof![Just("fr".to_owned()), Just("br".to_owned())]
}

fn recipe() -> impl Strategy<Value = Recipe> {
    (
        (proptest::option::of(term()), terms(3), terms(3), proptest::collection::vec(networks(), 0..2)),
        (proptest::collection::vec(terms(3), 0..3), terms(3), terms(2), terms(2)),
        (proptest::option::weighted(0.2, term()), proptest::option::weighted(0.2, term())),
    )
        .prop_map(|((invite, hashtags, words, word_networks), (all_of, ambiguous, context, assembly), exclude)| {
            Recipe {
                invite,
                hashtags,
                words,
                word_networks,
                all_of,
                ambiguous,
                context,
                accounts: Vec::new(),
                assembly,
                exclude_hashtags: exclude.0.into_iter().collect(),
                exclude_words: exclude.1.into_iter().collect(),
            }
        })
}

fn any_city() -> impl Strategy<Value = City> {
    let zone = (term(), boundary(), any::<bool>(), terms(3)).prop_map(|(name, boundary, below_cell, places)| Zone {
        name,
        boundary,
        below_cell,
        places,
    });
    let around =
        (term(), boundary(), terms(3)).prop_map(|(name, boundary, hashtags)| Around { name, boundary, hashtags });
    let zones = proptest::collection::vec(zone, 0..4);
    (
        recipe(),
        boundary(),
        zones,
        proptest::option::of(around),
        proptest::collection::vec(language(), 0..2),
        any::<bool>(),
    )
        .prop_map(|(recipe, boundary, zones, around, languages, press)| City {
            languages,
            boundary,
            zones,
            around,
            officials: vec![Official {
                name: "Journal".into(),
                group: String::new(),
                kind: if press { OfficialKind::Press } else { OfficialKind::Institution },
                accounts: Vec::new(),
                listing: Listing::default(),
            }],
            ..city("", recipe)
        })
}

fn any_cities() -> impl Strategy<Value = Vec<City>> {
    proptest::collection::vec(any_city(), 1..5).prop_map(|cities| {
        let named = |(number, city)| City { id: CityId::new(&format!("city{number}")), ..city };
        cities.into_iter().enumerate().map(named).collect()
    })
}

fn any_post() -> impl Strategy<Value = Post> {
    let tag = prop_oneof![4 => term(), 1 => Just("dd1302".to_owned())];
    let point = proptest::option::of((0_i32..12, 0_i32..12));
    let languages = proptest::collection::vec(language(), 0..3);
    (
        proptest::collection::vec(
            prop_oneof![8 => term(), 1 => Just("long.".to_owned()), 1 => Just("a@b".to_owned())],
            0..6,
        ),
        proptest::collection::vec(tag, 0..4),
        point,
        languages,
        networks(),
        any::<bool>(),
        proptest::collection::vec(account(), 0..3),
    )
        .prop_map(|(words, tags, point, languages, network, is_reply, addressed)| {
            let text = words.join(" ");
            let base = if is_reply { reply(&text) } else { post(&text) };
            let tags = tags.iter().filter_map(|tag| Hashtag::new(tag)).collect();
            let base = Post { tags, languages, network, addressed, ..base };
            match point {
                Some((x, y)) => at(f64::from(x) * 0.5, f64::from(y) * 0.5, base),
                None => base,
            }
        })
}

fn glimpse<'a>(post: &'a Post, languages: Option<&'a [String]>) -> Glimpse<'a> {
    Glimpse {
        network: post.network,
        author: &post.author,
        text: &post.text,
        tags: &post.tags,
        languages,
        is_reply: post.reply.is_some(),
        point: post.point.map(|(point, _)| point),
        addressed: &post.addressed,
    }
}

fn account() -> impl Strategy<Value = AuthorId> {
    prop_oneof![Just("did:plc:ada"), Just("did:plc:hall"), Just("did:plc:else")].prop_map(AuthorId::new)
}

fn any_listed() -> impl Strategy<Value = ListedAccounts> {
    let listing = (0_usize..5, networks(), proptest::option::of(Just("Journal".to_owned())), account());
    proptest::collection::vec(listing, 0..6).prop_map(|listings| {
        let mut listed = ListedAccounts::default();
        for (number, network, body, account) in listings {
            let listed_as = ListedAs { name: format!("account{number}"), body, lane: None };
            listed.insert(network, account, CityId::new(&format!("city{number}")), listed_as);
        }
        listed
    })
}

fn any_thread() -> impl Strategy<Value = Option<KnownPost>> {
    let cities = proptest::collection::vec(0_usize..5, 0..3);
    let known = cities.prop_map(|cities| {
        let cities = cities.into_iter().map(|number| CityId::new(&format!("city{number}"))).collect();
        KnownPost { id: PostId::from_u64(7), thread: PostId::from_u64(42), cities, queued: vec![] }
    });
    proptest::option::weighted(0.3, known)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_snapshot_agrees_with_asking_every_city_in_turn(
        cities in any_cities(),
        posts in proptest::collection::vec(any_post(), 1..8),
        listed in any_listed(),
        thread in any_thread(),
    ) {
        let cities = CitySet::compile(cities);
        let context = MatchContext { listed: &listed, thread: thread.as_ref() };
        for post in &posts {
            let matches = cities.matches(post, &context);
            prop_assert_eq!(&matches, &naive::matches(cities.cities(), post, &context));
            // A first look never dismisses what would match, also before the language is known.
            for languages in [Some(post.languages.as_slice()), None] {
                let may_concern = cities.may_concern(&glimpse(post, languages), &context);
                prop_assert!(may_concern || matches == Matches::default());
            }
            for found in &matches.found {
                prop_assert!(!found.reasons.is_empty() && found.reasons.len() <= 8);
                prop_assert!(found.reasons.is_sorted());
                let all_ambiguous = found.reasons.iter().all(|reason| reason.rule == Rule::Ambiguous);
                prop_assert!(!found.ambiguous || all_ambiguous);
            }
        }
    }
}

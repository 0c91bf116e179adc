//! Serves the pages on the cities of `config/cities` and the demonstration's posts, for looking at them:
//! `PARVIS_PREVIEW=127.0.0.1:8199 cargo test --lib page::tests::preview -- --ignored`.

use std::{fs, path::PathBuf, sync::Arc};

use actix_web::{App, HttpServer, middleware::DefaultHeaders, web};
use geo::MultiPolygon;
use serde::Deserialize;

use crate::{
    domain::*,
    http::page::{DemoNote, PageSettings, configure},
};

use super::samples::{Samples, card, now, state};

#[derive(Deserialize)]
struct CityFile {
    name: String,
    timezone: String,
    languages: Vec<String>,
    boundary: String,
    participation: Option<String>,
    look: LookFile,
    recipe: RecipeFile,
    #[serde(default)]
    zone: Vec<ZoneFile>,
    around: Option<AroundFile>,
}

#[derive(Deserialize)]
struct LookFile {
    accent: String,
    accent_dark: String,
}

#[derive(Deserialize)]
struct RecipeFile {
    invite: Option<String>,
    #[serde(default)]
    hashtags: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    all_of: Vec<Vec<String>>,
    #[serde(default)]
    ambiguous: Vec<String>,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    assembly: Vec<String>,
}

#[derive(Deserialize)]
struct ZoneFile {
    name: String,
    boundary: Option<String>,
    #[serde(default)]
    places: Vec<String>,
}

#[derive(Deserialize)]
struct AroundFile {
    name: String,
    #[serde(default)]
    hashtags: Vec<String>,
}

#[derive(Deserialize)]
struct PostsFile {
    author: Vec<AuthorEntry>,
    post: Vec<PostEntry>,
}

#[derive(Deserialize)]
struct AuthorEntry {
    key: String,
    name: String,
    handle: String,
    group: Option<String>,
}

#[derive(Deserialize)]
struct PostEntry {
    key: String,
    author: String,
    lang: String,
    text: String,
    expect: String,
    reply_to: Option<String>,
    image: Option<String>,
    image_no_alt: Option<bool>,
}

fn folder(variable: &str, usual: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(usual), PathBuf::from)
}

fn boundary(file: &str) -> MultiPolygon<f64> {
    let text = fs::read_to_string(folder("PARVIS_PREVIEW_CITIES", "config/cities").join(file)).expect("an outline");
    let json: geojson::GeoJson = text.parse().expect("GeoJSON");
    let mut shapes = Vec::new();
    let geometries = geo::GeometryCollection::<f64>::try_from(&json).expect("geometries");
    for geometry in geometries.0 {
        match geometry {
            geo::Geometry::Polygon(polygon) => shapes.push(polygon),
            geo::Geometry::MultiPolygon(many) => shapes.extend(many.0),
            _ => {}
        }
    }
    MultiPolygon(shapes)
}

fn read_city(slug: &str) -> City {
    let path = folder("PARVIS_PREVIEW_CITIES", "config/cities").join(format!("{slug}.toml"));
    let file: CityFile = toml::from_str(&fs::read_to_string(path).expect("a city")).expect("a city file");
    City {
        id: CityId::new(slug),
        name: file.name,
        timezone: file.timezone,
        languages: file.languages,
        boundary: Some(boundary(&file.boundary)),
        zones: file
            .zone
            .into_iter()
            .map(|zone| Zone {
                name: zone.name,
                boundary: zone.boundary.as_deref().map(boundary),
                below_cell: false,
                places: zone.places,
            })
            .collect(),
        around: file.around.map(|around| Around { name: around.name, boundary: None, hashtags: around.hashtags }),
        recipe: Recipe {
            invite: file.recipe.invite,
            hashtags: file.recipe.hashtags,
            words: file.recipe.words,
            word_networks: vec![Network::Bluesky],
            all_of: file.recipe.all_of,
            ambiguous: file.recipe.ambiguous,
            context: file.recipe.context,
            assembly: file.recipe.assembly,
            ..Recipe::default()
        },
        recipe_hash: "5f2c0e9a7d1b4836".into(),
        officials: vec![],
        participation: file.participation,
        look: Look { accent: file.look.accent, accent_dark: file.look.accent_dark },
        attribution: vec!["Quartiers : Nantes Métropole, ODbL 1.0".into()],
    }
}

/// The first of the variants in `{a|b}`.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for (index, piece) in text.split(['{', '}']).enumerate() {
        plain.push_str(if index % 2 == 1 { piece.split('|').next().unwrap_or_default() } else { piece });
    }
    plain
}

fn tags(text: &str) -> Vec<Facet> {
    text.match_indices('#')
        .filter_map(|(start, _)| {
            let rest = text.get(start + 1..)?;
            let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let value = rest.get(..length)?.to_owned();
            (length > 0).then_some(Facet { start, end: start + 1 + length, kind: FacetKind::Tag, value })
        })
        .collect()
}

fn cards(city: &City, take: usize, spacing_s: i64, offset: u64) -> Vec<Arc<Card>> {
    let path = folder("PARVIS_PREVIEW_POSTS", "src/demo/posts").join(format!("{}.toml", city.id.as_str()));
    let file: PostsFile = toml::from_str(&fs::read_to_string(path).expect("posts")).expect("a posts file");
    let admitted: Vec<&PostEntry> = file.post.iter().filter(|post| post.expect == "admitted").take(take).collect();
    let id = |key: &str| {
        admitted.iter().position(|post| post.key == key).map(|index| PostId::from_u64(offset + index as u64 + 1))
    };
    let mut made: Vec<Arc<Card>> = Vec::new();
    for (index, post) in admitted.iter().enumerate() {
        let text = plain(&post.text);
        let Some(author) = file.author.iter().find(|author| author.key == post.author) else { continue };
        let parent = post.reply_to.as_deref().and_then(id);
        let thread = parent
            .map(|parent| made.iter().find(|card| card.id == parent).and_then(|card| card.thread).unwrap_or(parent));
        let words = fold_words(&text).join(" ");
        let zone =
            city.zones.iter().find(|zone| zone.places.iter().any(|place| words.contains(&fold_words(place).join(" "))));
        let received_at = now().plus_seconds(-((admitted.len() - index) as i64) * spacing_s);
        let mut media = Vec::new();
        if let Some(alt) = &post.image {
            media.push(Media { kind: MediaKind::Image, url: None, alt: alt.clone() });
        }
        if post.image_no_alt == Some(true) {
            media.push(Media { kind: MediaKind::Image, url: None, alt: String::new() });
        }
        let lane = match author.group.as_deref() {
            Some("presse") => Lane::Press,
            Some("ville" | "service") => Lane::Info,
            _ => Lane::People,
        };
        let facets = tags(&text);
        made.push(Arc::new(Card {
            id: PostId::from_u64(offset + index as u64 + 1),
            city: city.id.clone(),
            position: offset + index as u64 + 1,
            author: CardAuthor {
                id: AuthorId::new(format!("did:plc:{}", author.key)),
                handle: Some(format!("{}.demo.invalid", author.handle)),
                name: Some(author.name.clone()),
                official: author.group.is_some().then(|| author.name.clone()),
            },
            tags: facets.iter().map(|facet| facet.value.clone()).collect(),
            facets,
            lang: Some(post.lang.clone()),
            created_at: received_at,
            received_at,
            edited_at: (index == 9).then_some(received_at),
            media,
            reply_to: parent,
            thread,
            zone: zone.map(|zone| zone.name.clone()),
            zone_from_text: zone.is_some(),
            lane,
            sensitive: index == 20,
            ..card(1, &text)
        }));
    }
    made.reverse();
    made
}

#[actix_web::test]
#[ignore = "serves until it is stopped; for looking at the pages"]
async fn preview() {
    let Ok(address) = std::env::var("PARVIS_PREVIEW") else { return };
    let nantes = read_city("nantes");
    let pellerin = read_city("le-pellerin");
    let others: Vec<City> = ["lausanne", "montreal", "rennes", "tours"].into_iter().map(read_city).collect();
    let mut all = cards(&nantes, 80, 1_500, 1_000);
    all.extend(cards(&pellerin, 7, 130_000, 2_000));
    all.extend(cards(&others[1], 60, 9_000, 3_000));
    all.extend(cards(&others[2], 60, 1_200, 4_000));
    all.extend(cards(&others[0], 12, 50_000, 5_000));
    let mut cities = vec![nantes, pellerin];
    cities.extend(others);
    cities.sort_by(|a, b| a.name.cmp(&b.name));
    let samples =
        Arc::new(Samples { cities: cities.into_iter().map(Arc::new).collect(), cards: all, ..Samples::default() });
    let settings = PageSettings {
        public_url: format!("http://{address}"),
        demo: std::env::var("PARVIS_PREVIEW_DEMO").ok().map(|_| DemoNote { speed: 60 }),
        ..PageSettings::default()
    };
    let state = web::Data::new(state(samples, settings));
    let csp = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://{address}; font-src 'self'; \
         img-src 'self' data:; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; \
         trusted-types parvis-card; frame-ancestors 'none'"
    );
    HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(
                DefaultHeaders::new()
                    .add(("content-security-policy", csp.clone()))
                    .add(("referrer-policy", "no-referrer")),
            )
            .configure(configure)
    })
    .workers(1)
    .bind(address)
    .expect("a free address")
    .run()
    .await
    .expect("serving");
}

use std::sync::Arc;

use askama::Template;

use crate::domain::{Card, CardCopy, CardRenderer, City, Lane, MediaKind, Motive, Network, fold_tag};

use super::{
    address::Address,
    calendar::Calendar,
    context::Cities,
    moderation::motive_name,
    outline::zone_id,
    text::{Link, Segment, segments, site, web_address},
    when::when,
    words::{Language, Words},
};

/// Renders cards for pages and for live sessions, by one template.
pub struct PageRenderer {
    cities: Arc<dyn Cities>,
    json: fn(&Card) -> String,
}

impl PageRenderer {
    /// `json` writes the post object of the HTTP contract (`http::view`).
    pub fn new(cities: Arc<dyn Cities>, json: fn(&Card) -> String) -> Self {
        Self { cities, json }
    }
}

impl CardRenderer for PageRenderer {
    fn json(&self, card: &Card) -> String {
        (self.json)(card)
    }

    /// Empty for a card of a city that is no longer served: its sessions are closed anyway.
    fn html(&self, card: &Card, language: &'static str) -> String {
        let words = Words::new(Language::parse(language).unwrap_or_default());
        self.cities.city(&card.city).map(|city| render_card(card, &city, words)).unwrap_or_default()
    }
}

/// One card. Depends on the card, its city and the language alone, so that a page and a live session give the same.
pub fn render_card(card: &Card, city: &City, words: Words) -> String {
    CardView::new(card, city, words).render().unwrap_or_default()
}

/// The zone under which a card counts on the map: none under a tag of an assembly (L-42).
pub fn zone_on_map<'a>(card: &'a Card, city: &City) -> Option<&'a str> {
    let assembly = |tag: &String| city.recipe.assembly.iter().any(|other| fold_tag(other) == fold_tag(tag));
    card.zone.as_deref().filter(|_| !card.tags.iter().any(assembly))
}

/// The words for a network, as a reader knows it.
pub fn network_name(network: Network, words: Words) -> String {
    words.t(&format!("network-{}", network.as_str()))
}

/// Characters of a title in a list.
const HEADLINE_CHARS_MAX: usize = 140;

#[derive(Template)]
#[template(path = "card.html")]
struct CardView<'a> {
    w: Words,
    card: &'a Card,
    id: String,
    thread: Option<String>,
    lane: String,
    name: &'a str,
    handle: Option<&'a str>,
    /// Where it was said: on a network, or in a site's feed, which is known to be automatic.
    origin: String,
    automated: bool,
    /// When what it announces takes place.
    when: Option<String>,
    network: String,
    /// In words; with the body's name where the account calls itself something else.
    listed: Option<String>,
    /// The label above the text, for what is not simply somebody speaking.
    kind: Option<String>,
    practical: bool,
    /// The line behind which text and media stand, where they do.
    cover: Option<Cover>,
    /// What the list of pinned posts says of it, where it is pinned.
    pinned: Option<String>,
    zone_on_map: Option<&'a str>,
    /// The first line of what a site says by itself, which is a title.
    headline: Vec<Segment>,
    text: Vec<Segment>,
    media: Vec<MediaLine>,
    zone: Option<Place>,
    copies: Vec<Elsewhere>,
    created: String,
    created_full: String,
    edited_full: Option<String>,
    why: String,
    original: Option<String>,
    report: String,
    leave: String,
}

struct Cover {
    class: &'static str,
    says: String,
}

struct Place {
    name: String,
    href: String,
    /// The shape to draw beside the name, where the zone has one.
    shape: Option<String>,
}

/// Where the same can be read: the network's name, or the site's where it is a feed's.
struct Elsewhere {
    name: String,
    href: String,
}

struct MediaLine {
    /// `Photo`, `Vidéo`, `Lien`.
    what: String,
    text: String,
    href: Option<String>,
    described: bool,
}

impl<'a> CardView<'a> {
    fn new(card: &'a Card, city: &City, words: Words) -> Self {
        let calendar = Calendar::new(&city.timezone, words);
        let slug = card.city.as_str();
        let carry = Some(words.language);
        let handle = card.author.handle.as_deref().filter(|handle| !handle.is_empty());
        let name = card.author.name.as_deref().filter(|name| !name.trim().is_empty());
        let is_feed = card.network.is_listing();
        let network = network_name(card.network, words);
        let kind =
            match &card.lane {
                Lane::People => None,
                Lane::Info => Some(words.t("kind-info")),
                Lane::Press => Some(words.t("kind-press")),
                Lane::Agenda => Some(words.t("kind-agenda")),
                Lane::Around => Some(city.around.as_ref().map_or_else(
                    || words.t("kind-around"),
                    |around| words.with("kind-around-of", "name", &around.name),
                )),
                Lane::Event(event) => Some(words.with("kind-event", "name", event)),
            };
        let (headline, text) = match segments(card, words.language) {
            // A title is part of what stands behind the line.
            text if has_headline(card) && card.covered.is_none() => split_headline(text),
            text => (Vec::new(), text),
        };
        Self {
            w: words,
            card,
            id: card.id.token(),
            thread: card.thread.map(|thread| thread.token()),
            lane: card.lane.to_token(),
            name: name.or(handle).unwrap_or_else(|| card.author.id.as_str()),
            handle: handle.filter(|_| name.is_some() && !is_feed),
            origin: match handle.filter(|_| is_feed) {
                Some(site) if card.network == Network::OpenData => words.with("card-from-opendata", "site", site),
                Some(site) => words.with("card-from-feed", "site", site),
                None if card.network == Network::Push => words.t("card-pushed"),
                None => words.with("card-on-network", "network", &network),
            },
            automated: card.automated && !is_feed,
            when: when(card, &calendar, words),
            network,
            listed: card.author.official.as_deref().map(|body| {
                if name == Some(body) { words.t("card-listed") } else { words.with("card-official", "name", body) }
            }),
            kind,
            cover: Cover::new(card, words),
            pinned: pin_line(card),
            practical: matches!(card.lane, Lane::Info | Lane::Agenda),
            zone_on_map: zone_on_map(card, city),
            headline,
            text,
            media: card.media.iter().map(|medium| MediaLine::new(medium, words)).collect(),
            zone: card.zone.as_ref().map(|zone| Place {
                name: zone.clone(),
                href: Address::city(slug).with("zone", zone.as_str()).language(carry).to_string(),
                shape: city
                    .zones
                    .iter()
                    .any(|known| known.name == *zone && known.boundary.is_some())
                    .then(|| zone_id(zone)),
            }),
            copies: card.copies.iter().filter_map(|copy| Elsewhere::new(copy, words)).collect(),
            created: calendar.short(card.created_at),
            created_full: calendar.full(card.created_at),
            edited_full: card.edited_at.map(|at| calendar.full(at)),
            why: Address::why(slug, card.id).language(carry).to_string(),
            original: card.url.as_deref().and_then(web_address),
            report: Address::below(slug, &format!("report/{}", card.id.token())).language(carry).to_string(),
            leave: Address::below(slug, "leave").with("post", card.id.token()).language(carry).to_string(),
        }
    }
}

impl Cover {
    /// Moderators' line, the author's own, or one of both.
    fn new(card: &Card, words: Words) -> Option<Self> {
        let folded = card.covered.map(|motive| match motive {
            Motive::Reports => words.t("card-covered-reports"),
            motive => words.with("card-covered", "motive", &motive_name(motive, words)),
        });
        match (folded, card.sensitive) {
            (Some(folded), true) => {
                Some(Self { class: "covered", says: format!("{folded} {}", words.t("card-sensitive")) })
            }
            (Some(folded), false) => {
                Some(Self { class: "covered", says: format!("{folded} {}", words.t("card-show")) })
            }
            (None, true) => Some(Self { class: "sensitive", says: words.t("card-sensitive") }),
            (None, false) => None,
        }
    }
}

/// How a pinned card is named above the feed. What stands behind a line isn't told outside it: what moderators folded is not
/// named there at all, and what is sensitive by its author alone.
pub fn pin_line(card: &Card) -> Option<String> {
    if !card.pinned || card.covered.is_some() {
        return None;
    }
    let line = headline(card);
    if !card.sensitive && !line.trim().is_empty() {
        return Some(line);
    }
    let name = card.author.name.as_deref().filter(|name| !name.trim().is_empty()).or(card.author.handle.as_deref());
    Some(name.unwrap_or_else(|| card.author.id.as_str()).to_owned())
}

/// Whether the first line of a text is a title: what is made of an item that has one.
const fn has_headline(card: &Card) -> bool {
    card.network.is_listing()
}

/// A text as one line stands for it: its title, or its beginning.
pub fn headline(card: &Card) -> String {
    let line = card.text.lines().next().unwrap_or_default();
    match line.char_indices().nth(HEADLINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

fn split_headline(text: Vec<Segment>) -> (Vec<Segment>, Vec<Segment>) {
    let (mut head, mut rest) = (Vec::new(), Vec::new());
    let mut is_over = false;
    for segment in text {
        match segment.text.split_once('\n').filter(|_| !is_over) {
            Some((before, after)) => {
                is_over = true;
                head.push(Segment { text: before.to_owned(), link: segment.link.clone() });
                rest.push(Segment { text: after.to_owned(), link: segment.link });
            }
            None if is_over => rest.push(segment),
            None => head.push(segment),
        }
    }
    let is_some = |segment: &Segment| !segment.text.is_empty();
    head.retain(is_some);
    rest.retain(is_some);
    (head, rest)
}

impl Elsewhere {
    fn new(copy: &CardCopy, words: Words) -> Option<Self> {
        let href = web_address(&copy.url)?;
        let name = match copy.network {
            Network::Feed | Network::OpenData => site(&href)?,
            network => network_name(network, words),
        };
        Some(Self { name, href })
    }
}

impl MediaLine {
    fn new(medium: &crate::domain::Media, words: Words) -> Self {
        let described = !medium.alt.trim().is_empty();
        let what = words.t(&format!("media-{}", medium.kind.as_str()));
        // Only a link leads away: pictures and films are seen on their network, by "Voir l'original", so that
        // nobody's browser asks a third party for anything by reading here (L-31).
        let href = match medium.kind {
            MediaKind::Link => medium.url.as_deref().and_then(web_address),
            MediaKind::Image | MediaKind::Video => None,
        };
        let text = match (described, &href) {
            (true, _) => medium.alt.clone(),
            (false, Some(address)) => site(address).unwrap_or_default(),
            (false, None) => words.t(&format!("media-{}-undescribed", medium.kind.as_str())),
        };
        Self { what, text, described: described || href.is_some(), href }
    }
}

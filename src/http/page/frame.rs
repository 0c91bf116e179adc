use std::sync::Arc;

use crate::domain::City;

use super::{
    address::Address,
    assets::{self, Linked},
    context::PageContext,
    outline::Outline,
    words::{Language, Words},
};

/// What surrounds every page: head, masthead, foot.
pub struct Frame<'a> {
    pub w: Words,
    /// The page's heading.
    pub title: String,
    /// What a tab or a bookmark shows: the heading, the city and the product.
    pub head: String,
    /// Of the page's own words, for search engines and shared links; empty for none.
    pub description: String,
    pub city: Option<&'a City>,
    pub home: String,
    /// The city's feed, or the list of cities where there is no city.
    pub top: String,
    pub outline: Option<Arc<Outline>>,
    pub linked: &'static Linked,
    pub theme: Option<String>,
    pub icon: Option<String>,
    pub canonical: String,
    /// Pages about one post, filtered pages and older pages stay out of search engines.
    pub noindex: bool,
    pub tongues: Vec<Tongue>,
    pub demo: Option<String>,
    pub foot: Vec<FootLink>,
    /// What the page does with whoever reads it.
    pub foot_note: String,
    pub attribution: &'a [String],
}

/// The same page in a language of the interface.
pub struct Tongue {
    pub code: &'static str,
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

pub struct FootLink {
    pub text: String,
    pub href: String,
}

impl<'a> Frame<'a> {
    /// `here` is the page's own address, without a language.
    pub fn new(context: &PageContext, city: Option<&'a City>, here: &Address, title: String) -> Self {
        let w = context.words();
        let carry = context.carried();
        let home = Address::home().language(carry).to_string();
        Self {
            w,
            head: head_title(&title, city),
            title,
            description: String::new(),
            city,
            top: city.map_or_else(|| home.clone(), |city| Address::city(city.id.as_str()).language(carry).to_string()),
            home,
            outline: city.and_then(|city| context.emblems.of(city)),
            linked: assets::linked(),
            theme: city.map(theme_address),
            icon: city.map(|city| Address::below(city.id.as_str(), "icon.svg").to_string()),
            canonical: format!("{}{here}", context.settings.public_url),
            noindex: false,
            tongues: Language::ALL.map(|language| Tongue::new(language, context, here)).into(),
            demo: context.settings.demo.as_ref().map(|note| {
                if note.speed > 1 {
                    w.count("demo-note-fast", usize::try_from(note.speed).unwrap_or(usize::MAX))
                } else {
                    w.t("demo-note")
                }
            }),
            foot: city.map(|city| foot(context, city)).unwrap_or_default(),
            foot_note: w.t("foot-no-tracking"),
            attribution: city.map(|city| city.attribution.as_slice()).unwrap_or_default(),
        }
    }

    pub const fn hidden_from_search(mut self) -> Self {
        self.noindex = true;
        self
    }

    /// Of somebody who signs in: in no search, and with a cookie.
    pub fn of_desk(mut self) -> Self {
        self.foot_note = self.w.t("foot-desk");
        self.hidden_from_search()
    }

    pub fn described(mut self, description: String) -> Self {
        self.description = description;
        self
    }
}

fn head_title(title: &str, city: Option<&City>) -> String {
    const PRODUCT: &str = "Parvis";
    let names = [city.map_or("", |city| city.name.as_str()), PRODUCT];
    let said = |name: &&str| !name.is_empty() && !title.contains(*name);
    std::iter::once(title).chain(names.into_iter().filter(said)).collect::<Vec<_>>().join(" · ")
}

impl Tongue {
    fn new(language: Language, context: &PageContext, here: &Address) -> Self {
        Self {
            code: language.as_str(),
            name: match language {
                Language::French => "Français",
                Language::English => "English",
            },
            href: here.clone().language(Some(language)).to_string(),
            current: language == context.language,
        }
    }
}

/// The colours' address changes with the colours, so that it may be cached for long.
fn theme_address(city: &City) -> String {
    let mark = blake3::hash(super::theme::theme_css(city).as_bytes()).to_hex();
    Address::below(city.id.as_str(), "theme.css").with("v", mark.get(..8).unwrap_or_default()).to_string()
}

fn foot(context: &PageContext, city: &City) -> Vec<FootLink> {
    let w = context.words();
    ["about", "ask", "people", "recipe", "sources", "register", "moderation", "leave", "privacy", "accessibility"]
        .into_iter()
        .map(|page| FootLink {
            text: match page {
                // The law asks for the state of conformity in the link itself, on every page.
                "accessibility" => w.t(&format!("foot-accessibility-{}", context.settings.conformity.as_str())),
                _ => w.t(&format!("foot-{page}")),
            },
            href: Address::below(city.id.as_str(), page).language(context.carried()).to_string(),
        })
        .chain([FootLink {
            text: w.t("foot-to-desk"),
            href: Address::desk(&format!("/{}", city.id.as_str())).to_string(),
        }])
        .collect()
}

use std::{borrow::Cow, collections::HashMap};

use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue, langid, static_loader};

static_loader! {
    // The isolation marks that fluent puts around arguments would end up in titles, attributes and copied text;
    // names of foreign script stand in `<bdi>` instead.
    static LOCALES = {
        locales: "./web/i18n",
        fallback_language: "fr",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

const FRENCH: LanguageIdentifier = langid!("fr");
const ENGLISH: LanguageIdentifier = langid!("en");

/// A language of the interface. Posts keep their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    French,
    English,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == text)
    }

    /// The language that a page is written in: the one asked for in the address, else the first one of
    /// `Accept-Language` that we have, by its weights, else French.
    pub fn choose(asked: Option<&str>, accept: Option<&str>) -> Self {
        if let Some(language) = asked.and_then(Self::parse) {
            return language;
        }
        let mut best = (0, Self::default());
        // Twenty entries are more than any browser sends; the rest is not read.
        for part in accept.unwrap_or_default().split(',').take(20) {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let primary = tag.split('-').next().unwrap_or_default();
            let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")).unwrap_or("1");
            // In thousandths, so that weights compare as integers; an unreadable weight counts for nothing.
            let weight = weight.parse::<f32>().map_or(0, |weight| (weight.clamp(0.0, 1.0) * 1000.0) as u32);
            if let Some(language) = Self::parse(primary)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// The interface's words in one language. A missing message shows its key; a test refuses that for every key that
/// templates and code name.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub language: Language,
}

impl Words {
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    pub fn t(self, key: &str) -> String {
        self.say(key, None)
    }

    /// A message with one text argument.
    pub fn with(self, key: &str, name: &'static str, value: &str) -> String {
        self.say(key, Some(&[(name, value.into())]))
    }

    /// A message with two text arguments.
    pub fn with2(self, key: &str, a: &'static str, value_a: &str, b: &'static str, value_b: &str) -> String {
        self.say(key, Some(&[(a, value_a.into()), (b, value_b.into())]))
    }

    /// A message with a number, `n`, that decides its plural.
    pub fn count(self, key: &str, n: usize) -> String {
        self.say(key, Some(&[("n", (n as i64).into())]))
    }

    /// A number and one text.
    pub fn count_with(self, key: &str, n: usize, name: &'static str, value: &str) -> String {
        self.say(key, Some(&[("n", (n as i64).into()), (name, value.into())]))
    }

    fn say(self, key: &str, arguments: Option<&[(&'static str, FluentValue<'_>)]>) -> String {
        let language = match self.language {
            Language::French => FRENCH,
            Language::English => ENGLISH,
        };
        let mut arguments: Option<HashMap<Cow<'static, str>, FluentValue<'_>>> =
            arguments.map(|pairs| pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect());
        if let Some(given) = &mut arguments
            && let Some(FluentValue::String(city)) = given.get("city")
        {
            let of_city = of(city, self.language);
            given.insert(Cow::Borrowed("of-city"), of_city.into());
        }
        LOCALES.try_lookup_complete(&language, key, arguments.as_ref()).unwrap_or_else(|| key.to_owned())
    }
}

/// A place's name behind "of", for messages that say `{ $of-city }`: French contracts the article that a name may
/// begin with, and elides before a vowel. `H` is left alone: whether it is mute is not written in a name.
fn of(name: &str, language: Language) -> String {
    if language == Language::English {
        return format!("of {name}");
    }
    for (article, contracted) in [("Le ", "du "), ("Les ", "des ")] {
        if let Some(rest) = name.strip_prefix(article) {
            return format!("{contracted}{rest}");
        }
    }
    let mut letters = name.chars().flat_map(char::to_lowercase);
    let (first, second) = (letters.next(), letters.next());
    let is_vowel = |letter: Option<char>| letter.is_some_and(|letter| "aàâäeéèêëiîïoôöuùûüœ".contains(letter));
    let elides = is_vowel(first) || (first == Some('y') && !is_vowel(second));
    if elides { format!("d’{name}") } else { format!("de {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_contracts_and_elides_before_a_name() {
        for (name, expected) in [
            ("Nantes", "de Nantes"),
            ("Le Pellerin", "du Pellerin"),
            ("Les Sorinières", "des Sorinières"),
            ("La Baule", "de La Baule"),
            ("Angers", "d’Angers"),
            ("Évreux", "d’Évreux"),
            ("Yvetot", "d’Yvetot"),
            ("Yaoundé", "de Yaoundé"),
            ("", "de "),
        ] {
            assert_eq!(of(name, Language::French), expected);
        }
        let words = Words::new(Language::French);
        assert_eq!(words.with("about-title", "city", "Le Pellerin"), "La place du Pellerin");
        assert_eq!(of("Le Pellerin", Language::English), "of Le Pellerin");
    }

    #[test]
    fn the_address_decides_then_the_browser_then_french() {
        for (asked, accept, expected) in [
            (Some("en"), Some("fr"), Language::English),
            (Some("xx"), Some("en-GB,en;q=0.9,fr;q=0.8"), Language::English),
            (None, Some("de, fr;q=0.7, en;q=0.3"), Language::French),
            (None, Some("br;q=1, en;q=0.5"), Language::English),
            (None, Some("de"), Language::French),
            (None, Some("en;q=zero"), Language::French),
            (None, None, Language::French),
        ] {
            assert_eq!(Language::choose(asked, accept), expected, "{asked:?} {accept:?}");
        }
    }
}

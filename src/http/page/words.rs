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
        let arguments: Option<HashMap<Cow<'static, str>, FluentValue<'_>>> =
            arguments.map(|pairs| pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect());
        LOCALES.try_lookup_complete(&language, key, arguments.as_ref()).unwrap_or_else(|| key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

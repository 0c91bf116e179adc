use std::fmt::Write as _;

use crate::domain::{Filter, PostId};

use super::words::Language;

/// Writes addresses within this server. Every part that came from outside is percent-encoded.
#[derive(Clone, Debug)]
pub struct Address {
    path: String,
    query: Vec<(&'static str, String)>,
}

impl Address {
    pub fn city(slug: &str) -> Self {
        Self { path: format!("/{}", encode(slug)), query: Vec::new() }
    }

    pub fn home() -> Self {
        Self { path: String::from("/"), query: Vec::new() }
    }

    /// A page of the desk: `` for the desk itself, `/nantes`…
    pub fn desk(page: &str) -> Self {
        Self { path: format!("/desk{page}"), query: Vec::new() }
    }

    /// A page below a city: `why/<id>`, `recipe`, …
    pub fn below(slug: &str, page: &str) -> Self {
        Self { path: format!("/{}/{page}", encode(slug)), query: Vec::new() }
    }

    pub fn why(slug: &str, post: PostId) -> Self {
        Self::below(slug, &format!("why/{}", post.token()))
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub fn language(self, language: Option<Language>) -> Self {
        match language {
            Some(language) => self.with("hl", language.as_str()),
            None => self,
        }
    }

    /// The filters of `/posts`, as the query of a page or of a live session states them.
    pub fn filtered(mut self, filter: &Filter) -> Self {
        self.query.extend(filter_pairs(filter));
        self
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={}", if index == 0 { '?' } else { '&' }, encode(value))?;
        }
        Ok(())
    }
}

/// A filter as query pairs, in a fixed order.
pub fn filter_pairs(filter: &Filter) -> Vec<(&'static str, String)> {
    [
        ("lane", filter.lane.as_ref().map(crate::domain::Lane::to_token)),
        ("zone", filter.zone.clone()),
        ("tag", filter.tag.clone()),
        ("network", filter.network.map(|network| network.as_str().to_owned())),
        ("lang", filter.lang.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_leaves_its_place_in_an_address() {
        let filter = Filter { zone: Some("Île & \"quais\"#?".into()), ..Filter::default() };
        let address = Address::city("nantes").filtered(&filter).language(Some(Language::English)).to_string();
        assert_eq!(address, "/nantes?zone=%C3%8Ele%20%26%20%22quais%22%23%3F&hl=en");
    }
}

//! Rich text: which bytes of a text are a hashtag, a mention or a link.
//!
//! Owns the finding of facets as the official client does it. Does not own the text.
//! Invariant: a facet's range lies on character borders of the text, and ranges never overlap.

use serde_json::{Value, json};

/// The facets of `text`, in order. `mentions` are the handles that stand for an account, with their DIDs.
pub fn facets(text: &str, mentions: &[(String, String)]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut start = 0;
    // Facets begin at the start of a word only: `a#b` and `mail@host` are plain.
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '(' | '«' | '“' | '"')) {
        let bare = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '«' | '“' | '"'));
        if let Some((length, feature)) = feature(bare, mentions) {
            found.push(json!({
                "index": { "byteStart": start, "byteEnd": start + length },
                "features": [feature],
            }));
        }
        start += word.len();
    }
    found
}

/// What the word is, and how many bytes of it, punctuation behind it left out.
fn feature(word: &str, mentions: &[(String, String)]) -> Option<(usize, Value)> {
    if let Some(rest) = word.strip_prefix('#') {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let tag = rest.get(..end)?;
        // A number alone is no hashtag.
        tag.chars().any(|c| !c.is_numeric()).then_some(())?;
        return Some((1 + end, json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag })));
    }
    if let Some(rest) = word.strip_prefix('@') {
        let (handle, did) = mentions.iter().find(|(handle, _)| rest.starts_with(handle.as_str()))?;
        return Some((1 + handle.len(), json!({ "$type": "app.bsky.richtext.facet#mention", "did": did })));
    }
    if word.starts_with("https://") {
        let link = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '»', '”', '"']);
        return Some((link.len(), json!({ "$type": "app.bsky.richtext.facet#link", "uri": link })));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, mentions: &[(String, String)]) -> Vec<String> {
        facets(text, mentions)
            .iter()
            .map(|facet| {
                let edge = |name: &str| usize::try_from(facet["index"][name].as_u64().unwrap()).unwrap();
                text[edge("byteStart")..edge("byteEnd")].to_owned()
            })
            .collect()
    }

    #[test]
    fn facets_cut_where_the_words_are() {
        let mentions = [("lea.demo.example".to_owned(), "did:plc:x".to_owned())];
        let text = "Été à #Montréal, (#cité_2) «#Nantes» ❄️ #42 a#b @lea.demo.example! x@y https://a.example/b?c=1. #é";
        assert_eq!(
            cut(text, &mentions),
            ["#Montréal", "#cité_2", "#Nantes", "@lea.demo.example", "https://a.example/b?c=1", "#é"]
        );
    }

    #[test]
    fn an_unknown_mention_stays_plain() {
        assert_eq!(cut("@nobody # #", &[]), [""; 0]);
    }
}

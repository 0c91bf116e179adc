use crate::domain::fold_tag;

/// Marks by which people ask programs to leave them out, folded (L-04). The last is this product's own.
const OPT_OUT_MARKS: [&str; 6] = ["nobot", "nobots", "noindex", "noarchive", "nosearch", "noparvis"];
/// The product's own mark, as a tag.
pub(super) const OWN_MARK: &str = "#noparvis";
/// Elements that stand inside a word; all others separate words.
const INLINE_ELEMENTS: [&str; 10] = ["span", "a", "b", "i", "u", "em", "strong", "small", "wbr", "mark"];

/// Whether a bio carries an opt-out mark, as a whole tag, in any case. Both the text as it is and the text without
/// its HTML are looked at: a plain `<3` is no element, and where the two readings differ the author's wish wins.
pub(super) fn opts_out(bio: &str) -> bool {
    carries_mark(bio) || (bio.contains(['<', '&']) && carries_mark(&without_html(bio)))
}

fn carries_mark(text: &str) -> bool {
    // What stands before `#` does not matter here: a mark glued to a word was meant all the same.
    text.split(['#', '＃']).skip(1).any(|rest| {
        let tag = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        OPT_OUT_MARKS.contains(&fold_tag(tag).as_str())
    })
}

/// The text without its elements: Mastodon writes `#<span>nobot</span>`. No sanitizer: the result is only searched.
fn without_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, element)) = rest.split_once('<') {
        text.push_str(before);
        let opens = element.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        // The next bracket decides, so that a text of nothing but `<` is read once and not once for each.
        let next = element.find(['<', '>']).and_then(|at| element.split_at_checked(at)).filter(|_| opens);
        let closed = next.and_then(|(inside, after)| Some((inside, after.strip_prefix('>')?)));
        let Some((inside, after)) = closed else {
            // A plain `<` (`I <3 Nantes`): no element begins here.
            text.push(' ');
            rest = element;
            continue;
        };
        let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if !INLINE_ELEMENTS.contains(&name.to_ascii_lowercase().as_str()) {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(rest);
    ["&#35;", "&#x23;", "&#X23;", "&num;"].iter().fold(text, |text, reference| text.replace(reference, "#"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn l04_opt_out_marks_in_a_bio_are_seen_through_html() {
        for bio in [
            "#nobot",
            "Je lis. #NoBot, merci",
            "photos\n＃NOINDEX",
            "#nobots #autre",
            "a#noarchive",
            "(#nosearch)",
            "#NoParvis",
            "<p>Bonjour <a href=\"https://m.example/tags/nobot\" class=\"mention hashtag\" rel=\"tag\">#<span>nobot</span></a></p>",
            "<p>ligne</p><p>#nobot</p><p>suite</p>",
            "un<br>#nobot<br/>deux",
            "&#35;nobot",
            "I <3 Nantes #nobot",
            "I <3 Nantes #nobot > tout",
            "a < b #<span>nobot</span>",
        ] {
            assert!(opts_out(bio), "{bio}");
        }
    }

    #[test]
    fn l04_only_whole_tags_count() {
        let mastodon = "<p><a href=\"https://m.example/tags/nobotany\">#<span>nobotany</span></a></p>";
        for bio in ["", "#nobotany", "nobot", "no bot", "#no-bot", "#noindexation", "#nobot_2", "# nobot", mastodon] {
            assert!(!opts_out(bio), "{bio}");
        }
    }

    proptest! {
        #[test]
        fn h1_no_bio_panics(bio in "\\PC*|[<>#&;/a-z＃ é]{0,60}") {
            opts_out(&bio);
        }

        #[test]
        fn l04_a_mark_is_found_wherever_it_stands(before in "[a-z <>/&é\n]{0,20}", after in "[ <>&.,\n][a-z <>é]{0,20}") {
            let bio = format!("{before}#NoBot{after}");
            prop_assert!(opts_out(&bio));
        }
    }
}

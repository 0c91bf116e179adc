use crate::domain::{fold_tag, fold_words};

/// A name as names are compared: accents, case, hyphens and apostrophes folded, `St` and `Ste` written out, and of an
/// arrondissement its number alone, so that `paris 11` is `Paris 11e Arrondissement`.
pub fn fold_name(name: &str) -> String {
    let mut folded = Vec::new();
    for word in fold_words(name) {
        match word.as_str() {
            "arrondissement" | "arr" => {}
            "st" => folded.push("saint".to_owned()),
            "ste" => folded.push("sainte".to_owned()),
            _ => folded.push(without_ordinal(&word).to_owned()),
        }
    }
    folded.join(" ")
}

/// Whether two names are the same once folded; `lehavre` is `Le Havre`.
pub fn has_name(a: &str, b: &str) -> bool {
    let key = |name: &str| fold_name(name).replace(' ', "");
    !key(a).is_empty() && key(a) == key(b)
}

fn without_ordinal(word: &str) -> &str {
    let digits = word.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let is_ordinal = matches!(word.get(digits.len()..), Some("e" | "er" | "eme" | "ieme"));
    if is_ordinal && !digits.is_empty() { digits } else { word }
}

/// The tag of a town's own affairs: `villedenantes`, `villedupellerin`, `villedangers`.
pub fn town_hall_tag(name: &str) -> String {
    let words = fold_words(name);
    let (article, rest) = match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && matches!(first.as_str(), "le" | "les" | "la" | "l") => {
            (first.as_str(), rest.concat())
        }
        _ => ("", words.concat()),
    };
    let of = match article {
        "le" => "du",
        "les" => "des",
        "la" => "dela",
        "l" => "del",
        _ if rest.starts_with(['a', 'e', 'i', 'o', 'u', 'y', 'h']) => "d",
        _ => "de",
    };
    fold_tag(&format!("ville{of}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_type_them() {
        for (typed, name) in [
            ("saint etienne", "Saint-Étienne"),
            ("St-Étienne", "Saint-Étienne"),
            ("lehavre", "Le Havre"),
            ("L'HAY LES ROSES", "L'Haÿ-les-Roses"),
            ("oeuilly", "Œuilly"),
            ("paris 11", "Paris 11e Arrondissement"),
            ("Lyon 1er", "Lyon 1er Arrondissement"),
        ] {
            assert!(has_name(typed, name), "{typed}");
        }
        for (typed, name) in [("Tours", "Tours-en-Savoie"), ("Paris", "Paris 1er Arrondissement"), ("-", "—")] {
            assert!(!has_name(typed, name), "{typed}");
        }
    }

    #[test]
    fn the_town_hall_is_called_as_french_calls_it() {
        for (name, tag) in [
            ("Nantes", "villedenantes"),
            ("Le Pellerin", "villedupellerin"),
            ("Angers", "villedangers"),
            ("La Rochelle", "villedelarochelle"),
            ("L'Haÿ-les-Roses", "villedelhaylesroses"),
            ("Les Sorinières", "villedessorinieres"),
        ] {
            assert_eq!(town_hall_tag(name), tag);
        }
    }
}

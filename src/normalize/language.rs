use crate::domain::{primary_subtag, shortest_code};

/// Declared languages that are kept.
const LANGUAGES_MAX: usize = 3;
/// Letters below which a guess is worth nothing.
const LETTERS_MIN: usize = 20;

/// The author's declared languages as lower-case primary subtags, at most 3.
pub(super) fn declared(declared: Vec<String>) -> Vec<String> {
    // Nearly all software declares one language, in this form already.
    if let [only] = declared.as_slice()
        && only.len() == 2
        && only.bytes().all(|byte| byte.is_ascii_lowercase())
        && shortest_code(only) == only
    {
        return declared;
    }
    let mut languages: Vec<String> = Vec::new();
    // A declaration is short; a list that is not is not read to its end.
    for declared in declared.iter().take(16) {
        if let Some(subtag) = primary_subtag(declared)
            && !languages.contains(&subtag)
            && languages.len() < LANGUAGES_MAX
        {
            languages.push(subtag);
        }
    }
    languages
}

/// The language that a text is reliably in. A hundred times the work of everything else that is done to a post, so it
/// is asked of posts only that concern somebody and declare none.
pub(super) fn detected(text: &str) -> Option<String> {
    // Addresses, names and tags are of no language.
    let prose: Vec<&str> =
        text.split_whitespace().filter(|word| !word.contains("://") && !word.starts_with(['@', '#', '＃'])).collect();
    let prose = prose.join(" ");
    if prose.chars().filter(|c| c.is_alphabetic()).count() < LETTERS_MIN {
        return None;
    }
    let guess = whatlang::detect(&prose)?;
    guess.is_reliable().then(|| shortest_code(guess.lang().code()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{declared as declared_in, *};

    fn of_declared(declared: &[&str]) -> Vec<String> {
        declared_in(declared.iter().map(|&tag| tag.to_owned()).collect())
    }

    #[test]
    fn declared_languages_are_read_leniently() {
        assert_eq!(of_declared(&["fr-FR", "FR", "br_FR", "eng", "de"]), ["fr", "br", "en"]);
        assert_eq!(of_declared(&["nb"]), ["no"]);
        assert_eq!(of_declared(&["und", "", "français", "x", "zxx"]), Vec::<String>::new());
    }

    #[test]
    fn a_language_is_guessed_only_where_a_guess_is_worth_something() {
        let french = "Ce matin le marché de la place était rempli de monde malgré la pluie et le vent";
        assert_eq!(detected(french).as_deref(), Some("fr"));
        assert_eq!(detected("Bonjour !"), None);
        assert_eq!(detected("https://nantes.fr/le-marche-de-la-place @mairie.example #marchedelaplace"), None);
    }

    #[test]
    fn every_language_that_can_be_guessed_has_its_short_code() {
        for lang in whatlang::Lang::all() {
            assert_eq!(shortest_code(lang.code()).len(), 2, "{lang}");
        }
    }
}

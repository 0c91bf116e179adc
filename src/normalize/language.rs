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
    {
        return declared;
    }
    let mut languages: Vec<String> = Vec::new();
    // A declaration is short; a list that is not is not read to its end.
    for declared in declared.iter().take(16) {
        if let Some(subtag) = primary(declared)
            && !languages.contains(&subtag)
            && languages.len() < LANGUAGES_MAX
        {
            languages.push(subtag);
        }
    }
    languages
}

/// `fr-CA` and `fra` are `fr`. "Undetermined", "several" and "no language" are no declaration.
fn primary(tag: &str) -> Option<String> {
    let subtag = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let sound = matches!(subtag.len(), 2 | 3) && subtag.bytes().all(|byte| byte.is_ascii_lowercase());
    let says_something = !matches!(subtag.as_str(), "und" | "mul" | "mis" | "zxx");
    (sound && says_something).then(|| shortest(&subtag).to_owned())
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
    guess.is_reliable().then(|| shortest(guess.lang().code()).to_owned())
}

/// The two-letter subtag of a three-letter code, where BCP 47 asks for it; any other code as it is.
fn shortest(code: &str) -> &str {
    if code.len() != 3 {
        return code;
    }
    THREE_TO_TWO.iter().find(|(three, _)| *three == code).map_or(code, |(_, two)| two)
}

/// ISO 639-3 (and the older bibliographic codes of languages near us) to ISO 639-1: the languages that detection
/// knows, and those that European cities speak.
const THREE_TO_TWO: &[(&str, &str)] = &[
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("baq", "eu"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bre", "br"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cos", "co"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("dut", "nl"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("eus", "eu"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ger", "de"),
    ("gle", "ga"),
    ("glg", "gl"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("isl", "is"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("ltz", "lb"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "no"),
    ("nor", "no"),
    ("oci", "oc"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("wln", "wa"),
    ("yid", "yi"),
    ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use super::{declared as declared_in, *};

    fn of_declared(declared: &[&str]) -> Vec<String> {
        declared_in(declared.iter().map(|&tag| tag.to_owned()).collect())
    }

    #[test]
    fn declared_languages_are_read_leniently() {
        assert_eq!(of_declared(&["fr-FR", "FR", "br_FR", "eng", "de"]), ["fr", "br", "en"]);
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
            assert_eq!(shortest(lang.code()).len(), 2, "{lang}");
        }
    }
}

use serde::Deserialize;

/// What a preset fills in, by its name.
const PRESETS: [(&str, &str); 1] = [("fr", include_str!("../../../config/presets/fr.toml"))];

/// What is the same for all towns of a country.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    #[serde(skip)]
    pub name: &'static str,
    /// Public servers whose timelines of the city's tags are read.
    pub mastodon: Vec<String>,
}

impl std::str::FromStr for Preset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || PRESETS.map(|(name, _)| name).join(", ");
        let found = PRESETS.into_iter().find(|(known, _)| *known == name);
        let (name, text) = found.ok_or_else(|| format!("there is: {}", known()))?;
        toml::from_str(text).map(|preset| Self { name, ..preset }).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q5_every_preset_can_be_read() {
        for (name, _) in PRESETS {
            assert!(!name.parse::<Preset>().unwrap().mastodon.is_empty(), "{name}");
        }
        assert_eq!("de".parse::<Preset>(), Err("there is: fr".to_owned()));
    }
}

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::domain::SecretPlace;

/// Longest secret that is read, in bytes; a longer file is the wrong one.
const BYTES_MAX: u64 = 8 << 10;

/// Where a secret is: `{ env = "NAME" }` or `{ file = "PATH" }`. The secret itself is never part of the configuration,
/// so that it is in no dump of it (A6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    Env(String),
    File(PathBuf),
}

/// A secret that was read. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Secret {
    pub fn make_path_relative_to(&mut self, folder: &Path) {
        if let Self::File(path) = self {
            *path = folder.join(&*path);
        }
    }

    /// Reads it anew, without the white space around it. The error is one line that says where it was looked for.
    pub fn reveal(&self) -> Result<Revealed, String> {
        let text = match self {
            Self::Env(name) => {
                std::env::var(name).map_err(|_error| format!("the environment variable {name} is not set"))?
            }
            Self::File(path) => read(path).map_err(|reason| format!("{}: {reason}", path.display()))?,
        };
        match text.trim() {
            "" => Err(format!("{self} is empty")),
            secret => Ok(Revealed(secret.to_owned())),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() || found.len() > BYTES_MAX {
        return Err(format!("not a file of at most {BYTES_MAX} bytes"));
    }
    if found.permissions().mode() & 0o007 != 0 {
        return Err("everybody on this machine may read it: chmod o= first".into());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct Written {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        // The message quotes nothing of what was written: it may be the secret itself.
        let refused =
            || de::Error::custom("give { env = \"NAME\" } or { file = \"PATH\" }: a secret is not written here");
        match Written::deserialize(deserializer).map_err(|_error| refused())? {
            Written { env: Some(name), file: None } if !name.is_empty() => Ok(Self::Env(name)),
            Written { env: None, file: Some(path) } if path != Path::new("") => Ok(Self::File(path)),
            _ => Err(refused()),
        }
    }
}

impl From<SecretPlace> for Secret {
    fn from(place: SecretPlace) -> Self {
        match place {
            SecretPlace::Env(name) => Self::Env(name),
            SecretPlace::File(path) => Self::File(path),
        }
    }
}

impl From<Secret> for SecretPlace {
    fn from(secret: Secret) -> Self {
        match secret {
            Secret::Env(name) => Self::Env(name),
            Secret::File(path) => Self::File(path),
        }
    }
}

/// What a key of Standard Webhooks has at least and at most, in bytes.
const WEBHOOK_KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

impl Revealed {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that a secret of Standard Webhooks stands for. The error says what it has to look like, and nothing of it.
    pub fn webhook_key(&self) -> Result<Vec<u8>, String> {
        let key = self.0.strip_prefix("whsec_").and_then(|key| data_encoding::BASE64.decode(key.as_bytes()).ok());
        let refused = || "this is no secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base 64".to_owned();
        key.filter(|key| WEBHOOK_KEY_BYTES.contains(&key.len())).ok_or_else(refused)
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(withheld)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Section {
        token: Secret,
    }

    #[test]
    fn a6_a_secret_is_named_and_never_written_down() {
        let read = |text: &str| toml::from_str::<Section>(text).map(|section| section.token);
        assert_eq!(read("token = { env = \"TOKEN\" }").ok(), Some(Secret::Env("TOKEN".into())));
        assert_eq!(read("token = { file = \"a/b\" }").ok(), Some(Secret::File("a/b".into())));
        for text in
            ["\"canary\"", "{ env = \"A\", file = \"canary\" }", "{ value = \"canary\" }", "{}", "{ env = \"\" }"]
        {
            let error = read(&format!("token = {text}")).expect_err(text);
            assert!(error.message().contains("a secret is not written here"), "{text}: {error}");
            assert!(!error.message().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a6_a_secret_file_is_ours_alone_and_what_is_in_it_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, " canary\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut secret = Secret::File("token".into());
        secret.make_path_relative_to(folder.path());
        mode(0o604);
        assert!(secret.reveal().unwrap_err().contains("chmod"));
        mode(0o640);
        let revealed = secret.reveal().unwrap();
        assert_eq!((revealed.as_str(), format!("{revealed:?}")), ("canary", "Revealed(withheld)".to_owned()));
        std::fs::write(&path, "\n").unwrap();
        assert!(secret.reveal().unwrap_err().ends_with("is empty"));
        std::fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
        assert!(secret.reveal().unwrap_err().contains("at most"));
        assert!(Secret::File(folder.path().join("none")).reveal().is_err());
        assert!(Secret::Env("PARVIS_TEST_NO_SUCH_TOKEN".into()).reveal().unwrap_err().contains("is not set"));
    }

    #[test]
    fn a6_a_webhook_secret_is_of_its_form_or_refused_without_a_word_of_it() {
        let key = |text: &str| Revealed(text.to_owned()).webhook_key();
        assert_eq!(key("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").map(|key| key.len()), Ok(24));
        let long = data_encoding::BASE64.encode(&[7; 65]);
        for wrong in ["C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_canary", "whsec_Y2FuYXJ5", &format!("whsec_{long}")] {
            let error = key(wrong).unwrap_err();
            assert!(error.contains("24 to 64 bytes") && !error.contains("canary"), "{error}");
        }
    }
}

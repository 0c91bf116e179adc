use super::*;

type Plain = Settings<Sources>;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Sources {
    example: Option<u32>,
}

impl Section for Sources {
    fn make_paths_relative_to(&mut self, _folder: &Path) {}
}

fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Plain, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.toml");
    std::fs::write(&file, text).unwrap();
    load(&file, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let error = load_text("[http]\nlisten = \"127.0.0.1:1\"\n  lisen = 3\n", &[]).unwrap_err();
    let ConfigError::Invalid { line, column, reason, .. } = error else { panic!("{error}") };
    assert_eq!((line, column), (3, 3));
    assert!(reason.contains("lisen"), "{reason}");
}

#[test]
fn the_environment_overrides_and_is_named_when_wrong() {
    let settings = load_text("", &[("PARVIS__HTTP__LISTEN", "127.0.0.1:9"), ("PARVIS__STORE__RETENTION_DAYS", "3")]);
    let settings = settings.unwrap();
    assert_eq!((settings.http.listen.as_str(), settings.store.retention_days), ("127.0.0.1:9", 3));
    let error = load_text("", &[("PARVIS__HTTP__LISEN", "x")]).unwrap_err().to_string();
    assert!(error.contains("PARVIS__HTTP__LISEN"), "{error}");
}

#[test]
fn l20_a_public_instance_names_who_answers_for_it() {
    let open = "[http]\npublic_url = \"https://parvis.example\"\n";
    let error = load_text(open, &[]).unwrap_err().to_string();
    assert!(error.contains("privacy.controller"), "{error}");
    let named = format!(
        "{open}[privacy]\ncontroller = \"Ville\"\ncontroller_kind = \"town\"\ncontact = \"a@b.example\"\nlegal_basis = \"public_interest\"\npurpose = \"local_information\"\n"
    );
    load_text(&named, &[]).unwrap();
    assert!(load_text("", &[]).is_ok(), "a loopback instance needs none");
}

#[test]
fn l22_the_purpose_is_a_closed_list() {
    let error = load_text("[privacy]\npurpose = \"police\"\n", &[]).unwrap_err().to_string();
    assert!(error.contains("police") || error.contains("unknown variant"), "{error}");
}

#[test]
fn w4_the_clocks_of_connections_have_bounds() {
    for wrong in ["ping_seconds = 0", "ping_seconds = 301", "pong_seconds = 61", "unsent_seconds = 0"] {
        let error = load_text(&format!("[http]\n{wrong}\n"), &[]).unwrap_err().to_string();
        assert!(error.contains(wrong.split(' ').next().unwrap()), "{error}");
    }
    assert!(load_text("[http]\nping_seconds = 300\npong_seconds = 1\n", &[]).is_ok());
}

#[test]
fn l28_retention_has_a_ceiling() {
    assert!(load_text("[store]\nretention_days = 31\n", &[]).is_err());
}

#[test]
fn the_document_reads_back_as_the_defaults() {
    let text = document(&Plain::default());
    let read: Plain = toml::from_str(&text).unwrap();
    assert_eq!(read, Plain::default(), "{text}");
}

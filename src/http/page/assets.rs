use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, http::header};
use rust_embed::RustEmbed;
use serde::Deserialize;

/// The built front end: hashed files under `assets/` and vite's manifest. A debug build reads them from the folder.
#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// The addresses that every page links to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    pub style: Option<String>,
    pub script: Option<String>,
    /// Preloaded: the two Latin faces that every page uses.
    pub fonts: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "src/main.ts")]
    main: Entry,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    assets: Vec<String>,
}

static LINKED: LazyLock<Result<Linked, String>> = LazyLock::new(read_manifest);

fn read_manifest() -> Result<Linked, String> {
    let file = Dist::get("manifest.json").ok_or("web/dist/manifest.json is missing: run `make web`")?;
    let manifest: Manifest = serde_json::from_slice(&file.data)
        .map_err(|error| format!("web/dist/manifest.json can't be read ({error}): run `make web`"))?;
    let address = |path: &String| format!("/{path}");
    Ok(Linked {
        style: manifest.main.css.first().map(address),
        script: Some(address(&manifest.main.file)),
        fonts: manifest
            .main
            .assets
            .iter()
            .filter(|path| path.ends_with(".woff2") && !path.contains("-ext-") && !path.contains("italic"))
            .map(address)
            .collect(),
    })
}

/// Says at start whether the pages have their styles; to be called by `serve`, so that a broken build stops there
/// and not as a page without style.
pub fn check_assets() -> Result<(), String> {
    LINKED.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Pages without style still read well, so a page never fails for a missing manifest.
pub fn linked() -> &'static Linked {
    static NONE: Linked = Linked { style: None, script: None, fonts: Vec::new() };
    LINKED.as_ref().unwrap_or(&NONE)
}

/// `GET /assets/…`: the file in the best encoding that the browser takes. Names carry a hash of the content, so
/// they are kept for ever.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    // The manifest and the compressed twins are not addresses.
    let Some(file) = path.starts_with("assets/").then(|| Dist::get(path)).flatten() else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, content_type(path)))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"));
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        let taken = accepted.split(',').any(|part| part.trim().split(';').next() == Some(encoding));
        if taken && let Some(twin) = Dist::get(&format!("{path}.{suffix}")) {
            return response.insert_header((header::CONTENT_ENCODING, encoding)).body(twin.data.into_owned());
        }
    }
    response.body(file.data.into_owned())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

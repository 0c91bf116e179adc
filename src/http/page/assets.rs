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
}

static LINKED: LazyLock<Linked> = LazyLock::new(|| read_manifest().unwrap_or_default());

fn read_manifest() -> Option<Linked> {
    let manifest: Manifest = serde_json::from_slice(&Dist::get("manifest.json")?.data).ok()?;
    let address = |path: &String| format!("/{path}");
    Some(Linked { style: manifest.main.css.first().map(address), script: Some(address(&manifest.main.file)) })
}

/// Pages without style still read well, so a page never fails for a missing manifest (the build itself does).
pub fn linked() -> &'static Linked {
    &LINKED
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_their_style_and_their_script() {
        let linked = linked();
        assert!(linked.style.is_some() && linked.script.is_some(), "{linked:?}");
    }
}

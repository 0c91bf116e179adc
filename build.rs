//! Refuses to build a server without its pages' front end, and says how to get it.

fn main() {
    println!("cargo::rerun-if-changed=web/dist/manifest.json");
    println!("cargo::rerun-if-changed=web/templates");
    println!("cargo::rerun-if-changed=web/i18n");
    if !std::path::Path::new("web/dist/manifest.json").exists() {
        println!("cargo::error=web/dist is missing: run `make web` (npm ci && npm run build, in web/) first");
    }
}

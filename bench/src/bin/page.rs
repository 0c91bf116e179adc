//! G15: how soon a reader on slow 4G reads the first post, and what that costs in bytes. A real Chromium opens the
//! demonstration's page with nothing cached; `bench/page/measure.mjs` drives it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use parvis_bench::{Better, Figure, Row, is_quick};
use serde::Deserialize;

/// One opening of the page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opening {
    /// From the start of the navigation to the first frame in which a post's text is painted.
    ms: f64,
    is_in_view: bool,
    bytes: u64,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    path: String,
    /// Milliseconds since the first request.
    end: Option<f64>,
    bytes: u64,
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let programs = std::env::current_exe()?.parent().context("the programs' folder")?.to_owned();
    let binary = std::env::var_os("PARVIS_BIN").map_or_else(|| programs.join("parvis"), PathBuf::from);
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    for needed in [&binary, &chromium, &root.join("web/node_modules/playwright-core")] {
        if !needed.exists() {
            eprintln!("G15 is skipped: {} is not there", needed.display());
            return Ok(());
        }
    }
    let output = Command::new("node")
        .arg(root.join("bench/page/measure.mjs"))
        .arg(if is_quick() { "3" } else { "7" })
        .env("PARVIS_BIN", &binary)
        .env("CHROMIUM", &chromium)
        .stderr(Stdio::inherit())
        .output()
        .context("node could not be started")?;
    ensure!(output.status.success(), "the page could not be measured");
    let openings: Vec<Opening> = serde_json::from_slice(&output.stdout).context("what measure.mjs printed")?;
    let last = openings.last().context("the page was never opened")?;
    let (before, behind): (Vec<&Request>, Vec<&Request>) =
        last.requests.iter().partition(|request| request.end.is_some_and(|end| end <= last.ms));
    let sum = |requests: &[&Request]| requests.iter().map(|request| request.bytes).sum::<u64>();
    let kind = |request: &Request| request.path.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
    let list = |requests: &[&Request]| {
        let one = |request: &&Request| format!("{} {:.1} KB", kind(request), request.bytes as f64 / 1_000.0);
        requests.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let notes = format!(
        "{:.1} KB in {} answers before the first post{}: {}. {:.1} KB behind it: {}. {:.1} KB in all. The wire is Chromium's own throttling, which delays each answer by 400 ms and no connection.",
        sum(&before) as f64 / 1_000.0,
        before.len(),
        if last.is_in_view { "" } else { " (below the fold)" },
        list(&before),
        sum(&behind) as f64 / 1_000.0,
        list(&behind),
        last.bytes as f64 / 1_000.0,
    );
    let times: Vec<f64> = openings.iter().map(|opening| opening.ms).collect();
    Row::new(
        "G15",
        "first post readable at 400 kbit/s and 400 ms, phone, nothing cached",
        Better::Smaller,
        Figure::of(&times, "ms"),
    )
    .with_goal(1_500.0, None)
    .noting(&notes)
    .print();
    Ok(())
}

//! Runs the programs of the benchmark one after another and prints one table of their rows.

use std::process::{Command, Stdio};

use anyhow::Context;
use parvis_bench::Row;

/// The programs, in the order of the table.
const PROGRAMS: &[&str] = &["fanout", "geofence", "frames", "page"];

fn main() -> anyhow::Result<()> {
    let folder = std::env::current_exe()?.parent().context("the programs' folder")?.to_owned();
    let passed: Vec<String> = std::env::args().skip(1).collect();
    for program in PROGRAMS {
        let path = folder.join(program);
        if !path.exists() {
            eprintln!("{program}: not built");
            continue;
        }
        let output = Command::new(path).args(&passed).stderr(Stdio::inherit()).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let row: Row = serde_json::from_str(line).with_context(|| format!("{program}: {line}"))?;
            println!("{} {} {:?}", row.id, row.what, row.ours);
        }
    }
    Ok(())
}

//! Runs the programs of the benchmark one after another, prints one table of their rows, and writes it down.
//!
//! Arguments: `--quick`, `--only PROGRAM,…`, `--json FILE`, `--markdown FILE`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;
use parvis_bench::{Machine, Row, markdown, print_table};

/// The programs, in the order of the table, and what each measures.
const PROGRAMS: &[(&str, &str)] = &[
    ("fanout", "live fan-out (G1 to G6, and behind TLS)"),
    ("wire", "from the store to the wire (W2)"),
    ("geofence", "the geofence (G8)"),
    ("frames", "from a frame to consent (G9)"),
    ("storing", "durable commits (G10)"),
    ("page", "a page on a slow network (G15)"),
];

fn main() -> anyhow::Result<()> {
    let folder = std::env::current_exe()?.parent().context("the programs' folder")?.to_owned();
    let began = Instant::now();
    let only = argument("--only");
    let mut rows = Vec::new();
    let mut missing = String::new();
    for (program, what) in PROGRAMS {
        if only.as_ref().is_some_and(|names| !names.split(',').any(|name| name == *program)) {
            continue;
        }
        let path = folder.join(program);
        if !path.exists() {
            writeln!(missing, "{what}: the program {program} is not built")?;
            continue;
        }
        eprintln!("[{:>4} s] {what}", began.elapsed().as_secs());
        match rows_of(&path) {
            Ok(found) => rows.extend(found),
            Err(error) => writeln!(missing, "{what}: {error:#}")?,
        }
    }
    rows.sort_by_key(Row::sort_key);
    let machine = Machine::here();
    print_table(&rows);
    eprint!("{missing}");
    if let Some(file) = argument("--json") {
        let whole = serde_json::json!({ "machine": machine, "quick": parvis_bench::is_quick(), "rows": rows });
        std::fs::write(&file, serde_json::to_string_pretty(&whole)?).with_context(|| file.clone())?;
        eprintln!("Written: {file}");
    }
    if let Some(file) = argument("--markdown") {
        std::fs::write(&file, markdown(&rows, &machine)).with_context(|| file.clone())?;
        eprintln!("Written: {file}");
    }
    eprintln!("The benchmark took {} s.", began.elapsed().as_secs());
    Ok(())
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn rows_of(program: &Path) -> anyhow::Result<Vec<Row>> {
    let program: PathBuf = program.to_owned();
    let mut command = Command::new(&program);
    if parvis_bench::is_quick() {
        command.arg("--quick");
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let rows = text.lines().filter(|line| !line.is_empty());
    let rows = rows.map(|line| serde_json::from_str(line).with_context(|| format!("not a row: {line}")));
    let rows: Vec<Row> = rows.collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(output.status.success() || !rows.is_empty(), "it failed ({})", output.status);
    Ok(rows)
}

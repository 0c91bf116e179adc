//! Runs the programs of the benchmark one after another, prints one table of their rows, and writes it down. What failed
//! is said in the table too, and in the exit code.
//!
//! Arguments: `--quick`, `--only PROGRAM,…`, `--json FILE`, `--markdown FILE`.

use std::path::Path;
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
    check_arguments()?;
    let folder = std::env::current_exe()?.parent().context("the programs' folder")?.to_owned();
    let began = Instant::now();
    let only = argument("--only");
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (program, what) in PROGRAMS {
        if only.as_ref().is_some_and(|names| !names.split(',').any(|name| name == *program)) {
            continue;
        }
        eprintln!("[{:>4} s] {what}", began.elapsed().as_secs());
        if let Err(error) = run(&folder.join(program), &mut rows) {
            failures.push(format!("{what}: {error:#}"));
        }
    }
    rows.sort_by_key(Row::sort_key);
    let machine = Machine::here();
    print_table(&rows);
    failures.iter().for_each(|failure| eprintln!("FAILED: {failure}"));
    if let Some(file) = argument("--json") {
        let whole = serde_json::json!({ "machine": machine, "quick": parvis_bench::is_quick(), "rows": rows, "failures": failures });
        std::fs::write(&file, serde_json::to_string_pretty(&whole)?).with_context(|| file.clone())?;
        eprintln!("Written: {file}");
    }
    if let Some(file) = argument("--markdown") {
        std::fs::write(&file, markdown(&rows, &failures, &machine)).with_context(|| file.clone())?;
        eprintln!("Written: {file}");
    }
    eprintln!("The benchmark took {} s.", began.elapsed().as_secs());
    anyhow::ensure!(failures.is_empty(), "{} of its programs failed", failures.len());
    Ok(())
}

/// A measurement takes long: one with a misspelt argument shall not begin.
fn check_arguments() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => {}
            "--only" | "--json" | "--markdown" => {
                let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
                let unknown = value.split(',').find(|name| PROGRAMS.iter().all(|(program, _)| program != name));
                if let ("--only", Some(name)) = (argument.as_str(), unknown) {
                    let names: Vec<&str> = PROGRAMS.iter().map(|(program, _)| *program).collect();
                    anyhow::bail!("there is no program {name}; there are {}", names.join(", "));
                }
            }
            _ => anyhow::bail!("{argument} is unknown; there are --quick, --only, --json and --markdown"),
        }
    }
    Ok(())
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// Runs a program and takes its rows, also those that it printed before it failed.
fn run(program: &Path, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    if parvis_bench::is_quick() {
        command.arg("--quick");
    }
    let output = command.stderr(Stdio::inherit()).output().with_context(|| program.display().to_string())?;
    for line in String::from_utf8(output.stdout)?.lines().filter(|line| !line.is_empty()) {
        rows.push(serde_json::from_str(line).with_context(|| format!("not a row: {line}"))?);
    }
    anyhow::ensure!(output.status.success(), "{}; what it says is above, and some rows may be missing", output.status);
    Ok(())
}

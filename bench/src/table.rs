use std::fmt::Write as _;
use std::process::Command;

use serde::Serialize;

use crate::row::{Better, Row};

/// On what a table was measured.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// RFC 3339, UTC.
    pub date: String,
    pub processor: String,
    pub cores: usize,
    pub memory_gib: u64,
    pub kernel: String,
    pub versions: Vec<String>,
}

impl Machine {
    /// This machine; what can't be found out is left empty.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let said = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().ok()?;
            let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
            Some(String::from_utf8_lossy(&text).lines().next()?.trim().to_owned())
        };
        let after_colon = |line: &str| line.split_once(':').map(|(_, value)| value.trim().to_owned());
        let cpuinfo = read("/proc/cpuinfo");
        let processor = cpuinfo.lines().find(|line| line.starts_with("model name")).and_then(after_colon);
        let memory = read("/proc/meminfo");
        let memory = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
        let versions = [
            Some(format!("Parvis {}", env!("CARGO_PKG_VERSION"))),
            said("rustc", &["--version"]),
            said("nginx", &["-v"]).or_else(|| said("/usr/sbin/nginx", &["-v"])),
            said("node", &["--version"]).map(|version| format!("Node {version}")),
        ];
        Self {
            date: said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]).unwrap_or_default(),
            processor: processor.unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory >> 20,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            versions: versions.into_iter().flatten().collect(),
        }
    }
}

/// One line of the table: a row beside one of its peers, or its own goal.
struct Line {
    id: String,
    what: String,
    ours: String,
    peer: String,
    theirs: String,
    ratio: String,
    goal: String,
    met: String,
}

const HEADS: [&str; 8] = ["row", "work", "Parvis", "peer", "theirs", "ratio", "goal", "met"];

impl Line {
    fn cells(&self) -> [&str; 8] {
        [&self.id, &self.what, &self.ours, &self.peer, &self.theirs, &self.ratio, &self.goal, &self.met]
    }
}

fn lines(row: &Row) -> Vec<Line> {
    let unit = &row.ours.unit;
    let spread = |median: f64, min: f64, max: f64| {
        if min == max { short(median) } else { format!("{} [{}-{}]", short(median), short(min), short(max)) }
    };
    let ours = format!("{} {unit}", spread(row.ours.median, row.ours.min, row.ours.max));
    let sign = if row.better == Better::Larger { "≥" } else { "≤" };
    let goal = |goal: f64, stretch: Option<f64>, unit: &str| {
        let stretch = stretch.map(|stretch| format!(" (stretch {}{unit})", short(stretch))).unwrap_or_default();
        format!("{sign} {}{unit}{stretch}", short(goal))
    };
    let met = |met: bool| if met { "yes" } else { "NO" }.to_owned();
    let blank = || Line {
        id: row.id.clone(),
        what: row.what.clone(),
        ours: ours.clone(),
        peer: String::new(),
        theirs: String::new(),
        ratio: String::new(),
        goal: String::new(),
        met: String::new(),
    };
    let mut lines = Vec::new();
    if let Some(own) = &row.goal {
        lines.push(Line { goal: goal(own.goal, own.stretch, &format!(" {unit}")), met: met(own.met), ..blank() });
    }
    for peer in &row.peers {
        lines.push(Line {
            peer: peer.name.clone(),
            theirs: spread(peer.median, peer.min, peer.max),
            ratio: format!("{} ×", short(peer.ratio)),
            goal: peer.goal.map(|value| goal(value, peer.stretch, " ×")).unwrap_or_default(),
            met: peer.met.map(met).unwrap_or_default(),
            ..blank()
        });
    }
    if lines.is_empty() {
        lines.push(blank());
    }
    // What repeats is said once.
    for line in lines.iter_mut().skip(1) {
        (line.id, line.what, line.ours) = Default::default();
    }
    lines
}

/// Three significant digits, with thousands as k and M.
fn short(value: f64) -> String {
    let (value, suffix) = match value.abs() {
        large if large >= 1e6 => (value / 1e6, " M"),
        large if large >= 1e4 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let digits = match value.abs() {
        large if large >= 100.0 => 0,
        large if large >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

/// Prints the table with aligned columns, and the notes under it.
pub fn print_table(rows: &[Row]) {
    let lines: Vec<Line> = rows.iter().flat_map(lines).collect();
    let mut widths = HEADS.map(|head| head.chars().count());
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line.cells()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let print = |cells: [&str; 8]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    print(HEADS);
    lines.iter().for_each(|line| print(line.cells()));
    for row in rows.iter().filter(|row| !row.notes.is_empty()) {
        println!("{}: {}", row.id, row.notes);
    }
}

/// The table and its circumstances, for BENCHMARKS.md.
pub fn markdown(rows: &[Row], failures: &[String], machine: &Machine) -> String {
    let mut text = format!(
        "Measured {} on {} ({} cores, {} GiB, Linux {}). {}.\n\nMedian [smallest-largest] of the runs. Server and \
         generator on different cores, plain text over loopback, median of the ratio's two sides from one run.\n\n",
        machine.date,
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.kernel,
        machine.versions.join(", "),
    );
    let mut add = |cells: [&str; 8]| {
        // Writing to a string can't fail.
        _ = writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "/")).join(" | "));
    };
    add(HEADS);
    add(["---"; 8]);
    rows.iter().flat_map(lines).for_each(|line| add(line.cells()));
    text.push('\n');
    for row in rows.iter().filter(|row| !row.notes.is_empty()) {
        _ = writeln!(text, "- **{}**: {}", row.id, row.notes);
    }
    for failure in failures {
        _ = writeln!(text, "- **Failed**: {failure}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Figure;

    #[test]
    fn a_row_takes_a_line_for_its_goal_and_one_for_each_peer() {
        let row = Row::new("G6", "memory", Better::Smaller, Figure::of(&[10.2, 11.0, 10.7], "KiB"))
            .with_goal(12.0, Some(4.0))
            .beside("nginx + nchan", &Figure::of(&[10.0], "KiB"), None, None);
        let cells: Vec<Vec<String>> = lines(&row).iter().map(|line| line.cells().map(str::to_owned).to_vec()).collect();
        assert_eq!(
            cells,
            [
                ["G6", "memory", "10.7 [10.2-11] KiB", "", "", "", "≤ 12 KiB (stretch 4 KiB)", "yes"],
                ["", "", "", "nginx + nchan", "10", "1.07 ×", "", ""]
            ]
        );
        assert_eq!([short(5_440_000.0), short(12_345.0), short(0.034)], ["5.44 M", "12.3 k", "0.03"]);
    }
}

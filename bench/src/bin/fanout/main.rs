//! The rows of live fan-out: G1 to G6. The servers run on processor 0, this program on processor 1; they take turns,
//! so that a slow minute of the machine falls on all of them.

mod rows;
mod servers;

use std::collections::HashMap;
use std::time::Duration;

use parvis_bench::is_quick;
use parvis_bench::load::{self, Load, Outcome};

use self::servers::Kind;

/// What the door of the server under test is given: the text of a post. It is of such a length that the message in
/// which a reader gets it is a usual one.
const POST: &str = "Place Stanislas, la navette part toutes les dix minutes. #nancy @STAMP@";

/// Posts a second at which a pass over 1,000 readers ends long before the next post, on slow machines too: nothing is
/// coalesced by those who do, and the server's core is not full.
pub const CALM: f64 = 40.0;
/// Posts a second to 1,000 readers at which latencies are compared.
pub const BUSY: f64 = 100.0;

/// Everything measured of one server with one number of readers, a value per round.
#[derive(Default)]
pub struct Measured {
    pub hot: Vec<Outcome>,
    pub calm: Vec<Outcome>,
    pub busy: Vec<Outcome>,
    pub one: Vec<Outcome>,
    pub second_of_two_ms: Vec<f64>,
    pub kib: Vec<f64>,
}

impl Measured {
    fn take_ones(&mut self, load: &mut Load) -> anyhow::Result<()> {
        let ones = (0..5).map(|_| load.one()).collect::<anyhow::Result<Vec<Outcome>>>()?;
        let times: Vec<f64> = ones.iter().map(|one| one.max_ms).collect();
        let read = ones.iter().map(|one| one.generator_cpu_us_per_delivery).sum::<f64>() / 5.0;
        eprintln!("    one post to all: {times:.1?} ms; a reader's end takes {read:.1} us");
        self.one.extend(ones);
        Ok(())
    }
}

type Table = HashMap<(&'static str, usize), Measured>;

fn main() -> anyhow::Result<()> {
    let quick = is_quick();
    let only: Option<Vec<String>> = std::env::args()
        .skip_while(|argument| argument != "--only")
        .nth(1)
        .map(|names| names.split(',').map(str::to_owned).collect());
    let open_files = load::raise_open_files();
    load::bind_to(&[1])?;
    let many = usize::try_from(open_files)?.saturating_sub(100).min(10_000);
    let message = message()?;
    let bytes = message.len() - "@STAMP@".len() + load::STAMP_BYTES;
    eprintln!("A message is {bytes} bytes.");
    let rounds = if quick { 1 } else { 3 };
    let wanted =
        |kind: &Kind| only.as_ref().is_none_or(|names| names.iter().any(|name| kind.name().contains(name.as_str())));
    let kinds: Vec<Kind> = [
        Kind::Parvis { workers: 1 },
        Kind::Nchan,
        Kind::NodeWs,
        Kind::NaiveActix,
        Kind::Epoll { coalesces: false },
        Kind::Epoll { coalesces: true },
    ]
    .into_iter()
    .filter(wanted)
    .filter(|kind| match kind.missing() {
        Some(words) => {
            eprintln!("{words}");
            false
        }
        None => true,
    })
    .collect();
    let (mut table, mut failures) = (Table::new(), Vec::new());
    for round in 1..=rounds {
        for readers in [1_000, many] {
            for kind in kinds.iter().filter(|kind| !quick || kind.is_for_quick(readers)) {
                eprintln!("Round {round} of {rounds}: {}, {readers} readers", kind.name());
                let measured = table.entry((kind.name(), readers)).or_default();
                if let Err(error) = measure(*kind, readers, quick, &message, measured) {
                    failures.push(format!("{}, {readers} readers: {error:#}", kind.name()));
                }
            }
        }
        let behind_tls = [Kind::ParvisTls, Kind::NchanTls].into_iter().filter(wanted);
        for kind in behind_tls.filter(|kind| kind.missing().is_none() && (!quick || kind.is_for_quick(1_000))) {
            eprintln!("Round {round} of {rounds}: {}, 1000 readers", kind.name());
            let measured = table.entry((kind.name(), 1_000)).or_default();
            if let Err(error) = measure(kind, 1_000, quick, &message, measured) {
                failures.push(format!("{}, 1000 readers: {error:#}", kind.name()));
            }
        }
        for kind in [Kind::Parvis { workers: 2 }, Kind::EpollHalves].into_iter().filter(wanted) {
            eprintln!("Round {round} of {rounds}: {}, {many} readers", kind.name());
            on_both(kind, many, &message, table.entry((kind.name(), many)).or_default())?;
        }
    }
    for row in rows::rows(&table, many, bytes) {
        row.print();
    }
    // Without this a row would be made of the rounds that went well.
    anyhow::ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

/// The message in which our server sends one post: what the peers are to publish.
fn message() -> anyhow::Result<String> {
    let server = Kind::Parvis { workers: 1 }.start("0", "")?;
    let mut load = Load::connect(server.target.clone(), 1)?;
    load.one()?;
    load.last_message()
}

fn measure(kind: Kind, readers: usize, quick: bool, message: &str, measured: &mut Measured) -> anyhow::Result<()> {
    let time = |seconds: f64| Duration::from_secs_f64(if quick { seconds / 2.5 } else { seconds });
    let is_calm_row = readers == 1_000;
    let server = kind.start("0", message)?;
    let mut load = Load::connect(server.target.clone(), readers)?;
    load.idle(time(1.5))?;
    let kib = load.kib_per_reader();
    eprintln!("    {kib:.1} KiB a reader");
    measured.kib.push(kib);
    measured.take_ones(&mut load)?;
    if is_calm_row {
        load.is_awake = true;
        let calm = load.run(CALM, time(4.0));
        load.is_awake = false;
        let busy = load.run(BUSY, time(4.0));
        for (outcome, list) in [(calm?, &mut measured.calm), (busy?, &mut measured.busy)] {
            eprintln!(
                "    {:.0} posts/s: {:.2} us of server a delivery, {:.2} posts a message, p50 {:.2}, p99 {:.2}, p99.9 {:.2} ms",
                outcome.rate,
                outcome.server_cpu_us_per_delivery,
                outcome.posts_per_message,
                outcome.p50_ms,
                outcome.p99_ms,
                outcome.p999_ms
            );
            list.push(outcome);
        }
    }
    // A rate near the last one found saves a climb.
    let low = measured.hot.last().map_or(kind.low(readers), |found| found.rate * 0.9);
    if let Some(hot) = load.search(low, if quick { 1.2 } else { 1.08 }, time(2.0))? {
        eprintln!(
            "    at most {:.0} deliveries/s, {} out of order, {:.0} bytes each",
            hot.deliveries_per_s, hot.out_of_order, hot.bytes_per_delivery
        );
        measured.hot.push(hot);
    }
    if is_calm_row {
        // The publisher's place is taken by that of a single reader.
        drop(load);
        let second = Load::connect(server.target.clone(), 1)?.second_of_two_ms()?;
        eprintln!("    the second of two posts, the first not acknowledged: {second:.1} ms");
        measured.second_of_two_ms.push(second);
    }
    Ok(())
}

/// A server with two threads that send; they share both processors with the generator.
fn on_both(kind: Kind, readers: usize, message: &str, measured: &mut Measured) -> anyhow::Result<()> {
    let server = kind.start("0,1", message)?;
    let mut load = Load::connect(server.target.clone(), readers)?;
    load.idle(Duration::from_secs(1))?;
    measured.take_ones(&mut load)
}

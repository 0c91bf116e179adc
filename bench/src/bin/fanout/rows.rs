use parvis_bench::{Better, Figure, Row};

use super::servers::Kind;
use super::{BUSY, CALM, Measured, Table};

const OURS: Kind = Kind::Parvis { workers: 1 };
const EPOLL: Kind = Kind::Epoll { coalesces: false };
const COALESCING: Kind = Kind::Epoll { coalesces: true };

/// The rows that the table has figures for. `bytes`: the length of a message with one post.
pub fn rows(table: &Table, many: usize, bytes: usize) -> Vec<Row> {
    let figures = Figures { table, bytes };
    [
        figures.hot("G1", 1_000),
        figures.hot("G2", many),
        figures.cost(),
        figures.latency(),
        figures.one(many),
        figures.one_on_two(many),
        figures.memory(1_000, many),
        figures.tls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Figures<'a> {
    table: &'a Table,
    bytes: usize,
}

impl Figures<'_> {
    fn of(&self, kind: Kind, readers: usize, unit: &str, values: impl Fn(&Measured) -> Vec<f64>) -> Option<Figure> {
        let values = values(self.table.get(&(kind.name(), readers))?);
        (!values.is_empty()).then(|| Figure::of(&values, unit))
    }

    /// Adds the peers that were measured: kind, goal and stretch of the ratio.
    fn beside(
        &self,
        mut row: Row,
        readers: usize,
        values: impl Fn(&Measured) -> Vec<f64>,
        peers: &[(Kind, Option<f64>, Option<f64>)],
    ) -> Row {
        for (kind, goal, stretch) in peers {
            if let Some(theirs) = self.of(*kind, readers, &row.ours.unit.clone(), &values) {
                row = row.beside(kind.name(), &theirs, *goal, *stretch);
            }
        }
        row
    }

    fn hot(&self, id: &str, readers: usize) -> Option<Row> {
        let values = |measured: &Measured| measured.hot.iter().map(|hot| hot.deliveries_per_s).collect();
        let ours = self.of(OURS, readers, "deliveries/s", values)?;
        let what = format!("hot stream, {readers} readers of one city, nothing lost, one core");
        let peers = if id == "G1" {
            [
                (Kind::Nchan, Some(12.0), Some(15.0)),
                (Kind::NodeWs, Some(20.0), Some(25.0)),
                (Kind::NaiveActix, Some(2.5), Some(3.0)),
                (EPOLL, None, None),
                (COALESCING, None, None),
            ]
        } else {
            [
                (Kind::Nchan, Some(25.0), Some(30.0)),
                (Kind::NodeWs, Some(40.0), Some(50.0)),
                (Kind::NaiveActix, None, None),
                (EPOLL, None, None),
                (COALESCING, None, None),
            ]
        };
        let row = self.beside(Row::new(id, &what, Better::Larger, ours), readers, values, &peers);
        Some(row.noting(&format!(
            "A message is {} bytes, for all the same. The factor comes from coalescing under load: posts that gather \
             while one pass runs go out in one write. Where nothing can be coalesced, G3 and G5 say what a delivery \
             costs.",
            self.bytes
        )))
    }

    fn cost(&self) -> Option<Row> {
        let values = |measured: &Measured| measured.calm.iter().map(|calm| calm.server_cpu_us_per_delivery).collect();
        let ours = self.of(OURS, 1_000, "us", values)?;
        let peers = [
            (EPOLL, Some(1.2), Some(1.1)),
            (Kind::Nchan, Some(1.0), None),
            (Kind::NaiveActix, None, None),
            (Kind::NodeWs, None, None),
        ];
        let what = format!("server time per delivery, nothing to coalesce ({CALM:.0} posts/s to 1,000 readers)");
        let row = self.beside(Row::new("G3", &what, Better::Smaller, ours), 1_000, values, &peers);
        let runs = &self.table.get(&(OURS.name(), 1_000))?.calm;
        let most = runs.iter().map(|run| run.posts_per_message).fold(1.0, f64::max);
        let row = row.noting(&if most <= 1.02 {
            format!("A message had {most:.2} posts at most.")
        } else {
            format!("Not valid: a message had {most:.2} posts, so some were coalesced. The machine was busy.")
        });
        let busy = |measured: &Measured| measured.busy.iter().map(|busy| busy.server_cpu_us_per_delivery).collect();
        let costs = [OURS, EPOLL, Kind::Nchan].into_iter().filter_map(|kind| {
            let cost = self.of(kind, 1_000, "us", busy)?.median;
            let joined = self.of(kind, 1_000, "posts", |measured| {
                measured.busy.iter().map(|busy| busy.posts_per_message).collect()
            })?;
            Some(format!("{} {cost:.2} us with {:.2} posts a message", kind.name(), joined.median))
        });
        let costs: Vec<String> = costs.collect();
        Some(row.noting(&format!(
            "At {BUSY:.0} posts/s a slow machine's passes overlap the next post, and some is coalesced: {}.",
            costs.join(", ")
        )))
    }

    fn latency(&self) -> Option<Row> {
        let values = |measured: &Measured| measured.busy.iter().map(|busy| busy.p99_ms).collect();
        let ours = self.of(OURS, 1_000, "ms", values)?;
        let peers = [
            (Kind::Nchan, Some(1.0), None),
            (EPOLL, None, None),
            (Kind::NaiveActix, None, None),
            (Kind::NodeWs, None, None),
        ];
        let what = "99th percentile from due to read at 100,000 deliveries/s, 1,000 readers";
        let row = self.beside(Row::new("G4", what, Better::Smaller, ours), 1_000, values, &peers);
        let measured = self.table.get(&(OURS.name(), 1_000))?;
        let tails = measured.busy.iter().map(|busy| busy.p999_ms - busy.p50_ms);
        let tail = tails.fold(0.0, f64::max);
        let second = measured.second_of_two_ms.iter().copied().fold(0.0, f64::max);
        // Nagle's algorithm and a delayed acknowledgement make 40 ms, less the 5 that the two are apart.
        let step = match (second >= 30.0, tail >= 40.0) {
            (true, _) => "WITH the 40 ms step of Nagle's algorithm",
            (false, true) => "no step of Nagle's algorithm, yet a tail of 40 ms or more",
            (false, false) => "no 40 ms step",
        };
        Some(row.noting(&format!(
            "The 99.9th percentile is at most {tail:.1} ms above the median; a post sent 5 ms after one that was not \
             acknowledged takes {second:.1} ms: {step}."
        )))
    }

    fn one(&self, many: usize) -> Option<Row> {
        let values = |measured: &Measured| measured.one.iter().map(|one| one.max_ms).collect();
        let ours = self.of(OURS, many, "ms", values)?;
        let what = format!("one post to {many} idle readers: the last one has it, one core");
        let peers = [
            (EPOLL, Some(1.1), None),
            (Kind::Nchan, None, None),
            (Kind::NaiveActix, None, None),
            (Kind::NodeWs, None, None),
        ];
        Some(self.beside(Row::new("G5", &what, Better::Smaller, ours), many, values, &peers))
    }

    fn one_on_two(&self, many: usize) -> Option<Row> {
        let values = |measured: &Measured| measured.one.iter().map(|one| one.max_ms).collect();
        let ours = self.of(Kind::Parvis { workers: 2 }, many, "ms", values)?;
        let what = "the same by two workers, on both cores, which they share with the generator";
        let peers = [(EPOLL, Some(0.6), None), (Kind::EpollHalves, None, None)];
        let row = self.beside(Row::new("G5", what, Better::Smaller, ours), many, values, &peers);
        let reads = |measured: &Measured| measured.one.iter().map(|one| one.generator_cpu_us_per_delivery).collect();
        let read = self.of(EPOLL, many, "us", reads)?.median;
        let (one, halves) = (self.of(EPOLL, many, "ms", values)?, self.of(Kind::EpollHalves, many, "ms", values)?);
        Some(row.noting(&format!(
            "Bare epoll is the one of one core. From two threads it takes {:.2} of its own time on one: the generator \
             spends {read:.1} us of the same two cores on each message it reads, {:.0} ms in all.",
            halves.median / one.median,
            read * many as f64 / 1e3,
        )))
    }

    /// A row apart: behind TLS every reader's copy is encrypted by itself.
    fn tls(&self) -> Option<Row> {
        let values = |measured: &Measured| measured.hot.iter().map(|hot| hot.deliveries_per_s).collect();
        let ours = self.of(Kind::ParvisTls, 1_000, "deliveries/s", values)?;
        let what = "hot stream, 1000 readers, behind nginx that ends TLS; both on one core";
        let peers = [(Kind::NchanTls, None, None), (OURS, None, None)];
        let row = self.beside(Row::new("TLS", what, Better::Larger, ours), 1_000, values, &peers);
        let calm = |measured: &Measured| measured.calm.iter().map(|calm| calm.server_cpu_us_per_delivery).collect();
        let cost = self.of(Kind::ParvisTls, 1_000, "us", calm)?;
        Some(row.noting(&format!("With nothing to coalesce {:.1} us a delivery, the proxy's time in it.", cost.median)))
    }

    fn memory(&self, few: usize, many: usize) -> Option<Row> {
        let values = |measured: &Measured| measured.kib.clone();
        let ours = self.of(OURS, many, "KiB", values)?;
        let what = format!("resident memory per idle reader, {many} readers");
        let peers = [
            (Kind::Nchan, None, None),
            (Kind::NodeWs, None, None),
            (Kind::NaiveActix, None, None),
            (EPOLL, None, None),
        ];
        let row = Row::new("G6", &what, Better::Smaller, ours).with_goal(12.0, Some(4.0));
        let row = self.beside(row, many, values, &peers);
        let few_ours = self.of(OURS, few, "KiB", values)?;
        Some(row.noting(&format!(
            "With {few} readers: {:.1} KiB [{:.1}-{:.1}].",
            few_ours.median, few_ours.min, few_ours.max
        )))
    }
}

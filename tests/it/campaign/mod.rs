//! D1, D2, D7: the real program is killed, cut off, rewound and lied to by a seeded plan, again and again, while four
//! networks speak; an oracle that sees nothing but the public outputs says what must be shown in the end.

mod author;
mod beside;
mod execute;
mod follower;
mod judge;
mod lives;
mod oracle;
mod plan;

use std::time::Instant;

use execute::Campaign;
use plan::{Act, End, Plan};

/// The cities and the tag that each asks for at first.
const CITIES: [(&str, &str); 4] = [("ville", "ville"), ("bourg", "bourg"), ("port", "port"), ("gare", "gare")];

/// Crash points at which any life may end. Those of upkeep, of changed recipes and of deliveries need a scene of their
/// own.
#[cfg(feature = "crash-points")]
fn points() -> Vec<&'static str> {
    use parvis::crash::Point;
    let own_scene = [
        Point::RetentionStep,
        Point::ScrubStep,
        Point::RematchStep,
        Point::DeliveryTaken,
        Point::AlertWritten,
        Point::AlertSent,
    ];
    Point::ALL.into_iter().filter(|point| !own_scene.contains(point)).map(Point::name).collect()
}

#[cfg(not(feature = "crash-points"))]
fn points() -> Vec<&'static str> {
    eprintln!("built without --features crash-points: the campaign kills at random moments only");
    Vec::new()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs one plan and says what fired.
async fn run(seed: u64, kills: usize, acts: usize) {
    let plan = Plan::generate(seed, kills, acts, &points());
    let (events, began) = (plan.acts().count(), Instant::now());
    let ordered = ordered(&plan);
    let mut campaign = Campaign::new(plan).await;
    let is_long = kills >= 100;
    campaign
        .run(|done, of| {
            if is_long && done % 50 == 0 {
                eprintln!("campaign {seed}: {done} of {of} lives after {:.0} s", began.elapsed().as_secs_f64());
            }
        })
        .await;
    for what in &ordered {
        assert!(campaign.fired.contains_key(what), "{what} was planned and has not come to pass, seed {seed}");
    }
    eprintln!(
        "campaign {seed}: {} kills, {events} acts, {:.1} s: {:?}",
        campaign.kills,
        began.elapsed().as_secs_f64(),
        campaign.fired
    );
    assert!(campaign.kills >= kills);
}

/// The names of everything that a plan has in it to go wrong.
fn ordered(plan: &Plan) -> std::collections::BTreeSet<String> {
    let beside = beside::EVERY.map(str::to_owned);
    let faults = plan.acts().filter_map(|act| match act {
        Act::Fault(fault) => Some(format!("{fault:?}")),
        _ => None,
    });
    let ends = plan.lives.iter().map(|life| match life.end {
        End::Crash { point, .. } => point.to_owned(),
        End::Kill(_) | End::Settle => "kill".to_owned(),
    });
    faults.chain(ends).chain(beside).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d1_fifty_kills_and_every_fault_lose_double_and_reorder_nothing() {
    let seed = number("PARVIS_SEED").unwrap_or(20);
    let kills = number("PARVIS_SOAK").unwrap_or(50) as usize;
    let acts = number("PARVIS_SOAK_EVENTS").map_or(30, |events| events as usize / kills).max(10);
    // Two at a time: a campaign waits more than it works.
    let halves = [seed, seed + 1].map(|seed| tokio::spawn(run(seed, kills.div_ceil(2), acts)));
    for half in halves {
        half.await.unwrap();
    }
}

/// What people run has no crash points in it: the variable that arms one is not even named there.
#[test]
fn d1_crash_points_are_in_a_program_built_for_tests_only() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_parvis")).unwrap();
    let name = ["PARVIS", "CRASH", "AT"].join("_");
    let named = program.windows(name.len()).any(|window| window == name.as_bytes());
    assert_eq!(named, cfg!(feature = "crash-points"));
}

//! D3: the program dies at random moments and at every step of a delivery. What was answered is never lost, what was not is
//! sent again, and everything is there once.

use std::collections::BTreeMap;

use super::*;

/// Steps of a delivery at which it dies, and how often it comes there before.
#[cfg(feature = "crash-points")]
const POINTS: [&str; 6] =
    ["delivery-taken", "batch-taken", "posts-written", "before-commit", "after-commit", "after-listener"];
#[cfg(not(feature = "crash-points"))]
const POINTS: [&str; 0] = [];

/// Messages that are under way at the same time.
const SENDERS: usize = 8;

#[derive(Default)]
struct Sent {
    /// What was answered, by message.
    acknowledged: BTreeMap<u64, String>,
    /// Sent, and not answered: to be sent again.
    open: Vec<u64>,
    next: u64,
}

/// A message is made of its number, so that it can be sent again as it was.
fn body(number: u64, created_at: &str) -> String {
    let posts = (0..=number % 3).map(|part| {
        json!({ "id": format!("{number}.{part}"), "created_at": created_at,
        "text": format!("message {number}.{part}") })
    });
    json!({ "posts": posts.collect::<Vec<_>>() }).to_string()
}

/// Sends until the server is gone, or so many messages were answered.
async fn send_until_it_dies(town: &Town, sent: &mut Sent, created_at: &str, until: usize) {
    let mut is_alive = true;
    while is_alive && sent.acknowledged.len() < until {
        let mut round: Vec<u64> = std::mem::take(&mut sent.open);
        while round.len() < SENDERS {
            round.push(sent.next);
            sent.next += 1;
        }
        let send = |number: u64| async move {
            (number, town.try_to_send(SECRET, &format!("m{number}"), seconds_now(), &body(number, created_at)).await)
        };
        for (number, answer) in futures_util::future::join_all(round.into_iter().map(send)).await {
            match answer {
                Some((200, text)) => _ = sent.acknowledged.insert(number, text),
                // It is going, or gone.
                Some((503, _)) | None => {
                    sent.open.push(number);
                    is_alive = false;
                }
                Some((status, text)) => panic!("{status} {text}; log: {}", town.server.log_text()),
            }
        }
    }
}

async fn look(town: &Town, sent: &Sent, rng: &mut fastrand::Rng, created_at: &str) {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for text in town.texts().await {
        *found.entry(text).or_default() += 1;
    }
    for number in sent.acknowledged.keys() {
        for part in 0..=number % 3 {
            assert_eq!(found.get(&format!("message {number}.{part}")), Some(&1), "{number}.{part} was acknowledged");
        }
    }
    assert!(found.values().all(|times| *times == 1), "something is there twice");
    let numbers: Vec<&u64> = sent.acknowledged.keys().collect();
    for _ in 0..10.min(numbers.len()) {
        let number = *numbers[rng.usize(..numbers.len())];
        let again = town.try_to_send(SECRET, &format!("m{number}"), seconds_now(), &body(number, created_at)).await;
        assert_eq!(again, Some((200, sent.acknowledged[&number].clone())), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d3_no_kill_loses_or_doubles_what_was_acknowledged() {
    let is_soak = std::env::var_os("PARVIS_SOAK").is_some();
    let (lives, per_life) = if is_soak { (50, 200) } else { (POINTS.len() + 4, 40) };
    let mut rng = fastrand::Rng::with_seed(3);
    let created_at = now();
    let mut town = Town::prepare("per_hour = 100000").await;
    let (mut sent, mut fired) = (Sent::default(), BTreeMap::<&str, usize>::new());
    for life in 0..lives {
        let point = POINTS.get(life % (POINTS.len() + 2)).copied();
        let at = point.map(|point| format!("{point}:{}", rng.u32(2..6)));
        let variables: Vec<(&str, &str)> = at.iter().map(|at| ("PARVIS_CRASH_AT", at.as_str())).collect();
        assert!(town.server.spawn(&variables).contains("serves on"), "{}", town.server.log_text());
        if let Some(point) = point {
            send_until_it_dies(&town, &mut sent, &created_at, usize::MAX).await;
            *fired.entry(point).or_default() += 1;
        } else {
            let before = sent.acknowledged.len();
            send_until_it_dies(&town, &mut sent, &created_at, before + rng.usize(1..per_life)).await;
            // In the middle of a round, and of whatever it is doing.
            let pid = town.server.pid().to_string();
            let kill = async {
                tokio::time::sleep(Duration::from_micros(rng.u64(..8_000))).await;
                std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            };
            tokio::join!(send_until_it_dies(&town, &mut sent, &created_at, usize::MAX), kill);
            *fired.entry("kill").or_default() += 1;
        }
        assert!(town.server.ended().is_none(), "it was killed and did not leave by itself: {}", town.server.log_text());
        if life % 5 == 4 {
            town.server.start();
            look(&town, &sent, &mut rng, &created_at).await;
            town.server.kill();
        }
    }
    town.server.start();
    let until = if is_soak { 10_000 } else { 300 }.max(sent.acknowledged.len() + sent.open.len());
    send_until_it_dies(&town, &mut sent, &created_at, until).await;
    look(&town, &sent, &mut rng, &created_at).await;
    eprintln!("{} messages acknowledged, none lost; died {fired:?}", sent.acknowledged.len());
    assert!(POINTS.iter().all(|point| fired.contains_key(point)) && fired.contains_key("kill"), "{fired:?}");
}

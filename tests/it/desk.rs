//! The desk of the real program: accounts made while it serves, sessions across a kill, and many who try at once.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

const PASSWORD: &str = "trois vaches bleues";

/// Adds an account with this password; what was said.
fn add(server: &Server, name: &str, role: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_parvis"))
        .args(["user", "add", name, "--city", "ville", "--role", role, "--password-stdin", "--config"])
        .arg(server.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A browser that follows no redirect and keeps its cookie by hand.
struct Browser {
    client: reqwest::Client,
    cookie: String,
}

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, cookie: String::new() }
    }

    async fn get(&self, server: &Server, path: &str) -> (u16, String) {
        let answer = self.client.get(server.url(path)).header("cookie", &self.cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn sign_in(&mut self, server: &Server, name: &str, password: &str) -> u16 {
        let token = token(&self.get(server, "/desk").await.1);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", name), ("password", password), ("token", &token)])
            .finish();
        let answer = self
            .client
            .post(server.url("/desk/sign-in"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        answer.status().as_u16()
    }
}

fn token(page: &str) -> String {
    page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn verified(server: &Server) -> (bool, String) {
    let done = server.command(&["audit", "verify"]);
    (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a3_a7_accounts_are_made_and_closed_while_it_serves_and_a_kill_costs_nothing() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    // The first account comes before there is a database.
    assert!(add(&server, "adm", "administrator").contains("made"));
    server.start();
    assert!(add(&server, "lea", "reader").contains("made"));
    let mut lea = Browser::new();
    assert_eq!(lea.sign_in(&server, "lea", "un autre mot").await, 401);
    assert_eq!(lea.sign_in(&server, "lea", PASSWORD).await, 303);
    assert_eq!(lea.get(&server, "/desk/ville").await.0, 200);
    assert_eq!(lea.get(&server, "/desk/ville/people").await.0, 403);
    server.kill();
    server.start();
    assert_eq!(lea.get(&server, "/desk/ville").await.0, 200, "what was committed is there after a kill");
    let closing = Instant::now();
    let done = server.command(&["user", "disable", "lea"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(lea.get(&server, "/desk/ville").await.0, 303, "closed when the command has answered");
    assert!(closing.elapsed() < Duration::from_secs(5), "{:?}", closing.elapsed());
    assert_eq!(lea.sign_in(&server, "lea", PASSWORD).await, 401);
    assert_eq!(verified(&server), (true, "ville: 4 lines, as they were written.\n".to_owned()));
    // What the register tells of the log's end, the server's own log has too.
    let register = server.text("/ville/register").await.1;
    let end = register.split("n° 4").nth(1).unwrap_or_else(|| panic!("{register}"));
    let told = server.log_text();
    let line = told.lines().rfind(|line| line.contains("The desk's log has another line.")).unwrap();
    let is_code = |word: &&str| word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
    let code = line.split(|c: char| !c.is_ascii_alphanumeric()).find(is_code).unwrap();
    assert!(line.contains("ville") && end.contains(code), "{line}");
    let list = String::from_utf8(server.command(&["user", "list"]).stdout).unwrap();
    assert_eq!(list, "adm\tsecond factor to be set up\tville:administrator\nlea\tdisabled\tville:reader\n");
    assert!(!server.log_text().contains(PASSWORD) && !server.database_holds(PASSWORD));
    // An earlier database is put back: what was done since is lost, and that is told.
    let copy = server.folder.path().join("copy");
    assert!(server.command(&["backup", copy.to_str().unwrap()]).status.success());
    assert!(server.command(&["user", "disable", "lea", "--undo"]).status.success());
    server.stop();
    let restored = server.command(&["restore", copy.to_str().unwrap(), "--replace"]);
    assert!(restored.status.success(), "{restored:?}");
    server.start();
    let (is_whole, said) = verified(&server);
    assert!(!is_whole && said.contains("the lines 5-5 were lost"), "{said}");
    assert_eq!(server.stop().1, Some(0));
}

/// A1: a thousand who try at once take turns; a reader of the square notices nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a1_a_thousand_who_try_to_sign_in_at_once_cost_little_and_hold_no_reader_up() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "");
    server.start();
    let page = Browser::new().get(&server, "/desk").await.1;
    let token = token(&page);
    assert_eq!(server.text("/ville").await.0, 200, "what the first page needs is there");
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1_024
    };
    let before = resident();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let began = Instant::now();
    let tries: Vec<_> = (0..1_000)
        .map(|number| {
            let request = client
                .post(server.url("/desk/sign-in"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("name=lea&password=faux{number}&token={token}"));
            tokio::spawn(async move { request.send().await.map(|answer| answer.status().as_u16()).unwrap_or(0) })
        })
        .collect();
    let (mut slowest, mut most) = (Duration::ZERO, before);
    for _ in 0..20 {
        let began = Instant::now();
        assert_eq!(server.text("/ville").await.0, 200);
        slowest = slowest.max(began.elapsed());
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut answers = std::collections::BTreeMap::<u16, usize>::new();
    for attempt in tries {
        *answers.entry(attempt.await.unwrap()).or_default() += 1;
    }
    most = most.max(resident());
    println!("{before} MiB before, {most} at most; the slowest page took {slowest:?}; {answers:?}");
    assert!(most - before <= 64, "{before} MiB before, {most} MiB at most");
    // Beside all other tests, on two cores, in a debug build.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // Ten of one name may be wrong, the rest waits; one more after two seconds, four, eight …
    assert!(answers.keys().all(|status| [401, 429, 503].contains(status)), "{answers:?}");
    let later = (began.elapsed().as_secs() + 2).ilog2() as usize - 1;
    assert!((10..=10 + later).contains(&answers[&401]), "{later} later: {answers:?}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn l45_what_was_looked_at_is_in_the_register_after_a_stop_and_what_is_written_after_a_kill() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    server.start();
    assert!(add(&server, "lea", "reader").contains("made"));
    let mut lea = Browser::new();
    assert_eq!(lea.sign_in(&server, "lea", PASSWORD).await, 303);
    for _ in 0..3 {
        assert_eq!(lea.get(&server, "/desk/ville/numbers").await.0, 200);
    }
    let written = "<td>Chiffres</td><td>Lecture</td><td>3</td>";
    assert!(!server.text("/ville/register").await.1.contains(written), "it is written each minute");
    assert_eq!(server.stop().1, Some(0));
    server.start();
    let register = server.text("/ville/register").await.1;
    assert!(register.contains(written), "{register}");
    server.kill();
    server.start();
    assert!(server.text("/ville/register").await.1.contains(written));
    server.stop();
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A stream server that sends whatever bytes it is told to, well-formed or not.
#[derive(Clone)]
pub struct RawStream {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The subscriber's connection, and how many there have been.
    subscriber: Mutex<(Option<TcpStream>, usize)>,
    changed: Condvar,
}

const PATIENCE: Duration = Duration::from_secs(60);

impl RawStream {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                accept(socket, &accepting);
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// How often somebody has subscribed.
    pub fn subscriptions(&self) -> usize {
        self.shared.subscriber.lock().unwrap().1
    }

    /// Sends bytes to whoever is subscribed, waiting for somebody to be. False when the subscriber hung up meanwhile.
    pub fn send(&self, bytes: &[u8]) -> bool {
        let guard = self.shared.subscriber.lock().unwrap();
        let waited = self.shared.changed.wait_timeout_while(guard, PATIENCE, |(socket, _)| socket.is_none());
        let (mut socket, number) = {
            let (subscriber, _) = waited.unwrap();
            (subscriber.0.as_ref().expect("nobody subscribed").try_clone().unwrap(), subscriber.1)
        };
        let sent = socket.write_all(bytes).is_ok();
        if !sent {
            forget(&self.shared, number);
        }
        sent
    }

    /// Sends a text frame, again to the next subscriber if the first hung up.
    pub fn send_text(&self, text: &str) {
        for _ in 0..10 {
            if self.send(&frame_head(0x81, text.len() as u64)) && self.send(text.as_bytes()) {
                return;
            }
        }
        panic!("nobody stays");
    }
}

/// Forgets the subscriber of that number, if no other has come meanwhile.
fn forget(shared: &Shared, number: usize) {
    let mut subscriber = shared.subscriber.lock().unwrap();
    if subscriber.1 == number {
        subscriber.0 = None;
    }
}

fn accept(mut socket: TcpStream, shared: &Arc<Shared>) {
    let request = read_head(&socket);
    let Some(key) = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    }) else {
        return;
    };
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    if socket.write_all(answer.as_bytes()).is_err() {
        return;
    }
    let mut heard = socket.try_clone().unwrap();
    let number = {
        let mut subscriber = shared.subscriber.lock().unwrap();
        *subscriber = (Some(socket), subscriber.1 + 1);
        shared.changed.notify_all();
        subscriber.1
    };
    // Pongs and close frames are read and forgotten, until the subscriber hangs up.
    let shared = shared.clone();
    std::thread::spawn(move || {
        let mut bytes = [0; 4_096];
        while heard.read(&mut bytes).is_ok_and(|read| read > 0) {}
        forget(&shared, number);
    });
}

fn read_head(socket: &TcpStream) -> String {
    let mut head = String::new();
    let mut lines = BufReader::new(socket.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|read| read > 0) {}
    head
}

/// A server's frame up to its payload: the first byte and the length.
pub fn frame_head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..126 => head.push(length as u8),
        126..65_536 => {
            head.push(126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend(length.to_be_bytes());
        }
    }
    head
}

/// Writes an answer's body until it is done or nobody reads any more.
pub type Body = fn(&mut dyn Write) -> std::io::Result<()>;

/// An AppView that knows everybody, until it is told to answer otherwise.
pub struct RawAppView {
    port: u16,
    answer: Arc<Mutex<Option<(String, Body)>>>,
    /// Answers of the other kind that were begun.
    given: Arc<AtomicUsize>,
}

impl RawAppView {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let appview =
            Self { port: listener.local_addr().unwrap().port(), answer: Arc::default(), given: Arc::default() };
        let (answer, given) = (appview.answer.clone(), appview.given.clone());
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (answer, given) = (answer.clone(), given.clone());
                std::thread::spawn(move || {
                    let head = read_head(&socket);
                    let told = answer.lock().unwrap().clone();
                    // Whoever hangs up has heard enough.
                    _ = match told {
                        None => honest(&socket, &head),
                        Some((headers, body)) => {
                            given.fetch_add(1, Ordering::SeqCst);
                            dishonest(&socket, &headers, body)
                        }
                    };
                });
            }
        });
        appview
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers every question from now on with these headers and this body, or honestly again.
    pub fn answer(&self, with: Option<(&str, Body)>) {
        *self.answer.lock().unwrap() = with.map(|(headers, body)| (headers.to_owned(), body));
    }

    pub fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

fn honest(mut socket: &TcpStream, head: &str) -> std::io::Result<()> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let url = url::Url::parse("http://host").unwrap().join(target).unwrap();
    let actors = url.query_pairs().filter(|(name, _)| name == "actors");
    let profiles: Vec<_> = actors.map(|(_, did)| json!({ "did": did, "handle": "ana.test.example" })).collect();
    let body = json!({ "profiles": profiles, "posts": [] }).to_string();
    let length = body.len();
    write!(socket, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn dishonest(mut socket: &TcpStream, headers: &str, body: Body) -> std::io::Result<()> {
    write!(socket, "HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n")?;
    body(&mut socket)
}

/// How much memory a process uses, in bytes.
pub struct Memory {
    pid: u32,
    before: u64,
}

impl Memory {
    /// Begins to watch a process: what it uses now is what it may exceed.
    pub fn watch(pid: u32) -> Self {
        // Sets the peak to what is used now.
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
        Self { pid, before: field(pid, "VmRSS:") }
    }

    /// By how much the peak exceeded it.
    pub fn extra(&self) -> u64 {
        field(self.pid, "VmHWM:").saturating_sub(self.before)
    }
}

fn field(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
}

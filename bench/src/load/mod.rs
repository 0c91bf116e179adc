//! The load generator: many WebSocket readers and one publisher on one thread.
//!
//! Owns the readers' sockets, the stamps in the posts, and what "sustained" means. Does not own the servers.
//! Invariant: latency counts from the moment a post was *due*, so a generator or a server that falls behind makes the
//! figures worse, never better.

mod frame;
mod hist;
mod process;
mod publish;
mod run;
mod search;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustls::{ClientConfig, ClientConnection};

pub use self::frame::text_frame;
pub use self::hist::Hist;
pub use self::process::{bind_to, cpu_seconds, cpu_seconds_in, resident_kib};
pub use self::publish::Door;
pub use self::run::Outcome;
pub use parvis::http::raise_open_files;

use self::frame::{frame_at, masked_frame};
use self::publish::Publisher;

/// A stamp is `~T~`, 20 digits of nanoseconds, `~`, 10 digits of sequence number.
const STAMP: &[u8] = b"~T~";
pub const STAMP_BYTES: usize = 3 + 20 + 1 + 10;
const READ_BYTES: usize = 1 << 20;
/// Tokens of the publisher's sockets begin here.
const PUBLISHER: u64 = 1 << 40;
/// Handshakes in flight while connecting.
const CONNECTING: usize = 64;

/// An epoll instance.
pub struct Poller(OwnedFd);

impl Poller {
    fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    fn add(&self, socket: impl AsFd, token: u64, flags: EventFlags) -> io::Result<()> {
        Ok(epoll::add(&self.0, socket, EventData::new_u64(token), flags)?)
    }

    fn wait(&self, events: &mut Vec<Event>, at_most: Duration) -> io::Result<()> {
        events.clear();
        let timeout =
            rustix::event::Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: at_most.subsec_nanos().into() };
        match epoll::wait(&self.0, rustix::buffer::spare_capacity(events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// What a load is put on.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    /// Path and query of the WebSocket.
    pub path: String,
    /// Trusts the certificate of what stands before the server; `None`: plain text.
    pub tls: Option<Arc<ClientConfig>>,
    pub door: Door,
    /// Its processes, for their memory and time.
    pub pids: Vec<u32>,
    /// A message as it is published; `@STAMP@` stands for the stamp.
    pub template: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Handshake,
    Open,
    Gone,
}

struct Reader {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    state: State,
    /// An unfinished frame, or an unfinished head.
    rest: Vec<u8>,
    last: u64,
}

impl Reader {
    /// What has come, as plain text. Of an encrypted stream as much as fits; 0 means its end.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.read(buffer) };
        let (mut filled, mut has_ended) = (0, false);
        // The records that one read of the socket brought; the poller reports what is left in it again.
        match tls.read_tls(&mut self.stream) {
            Ok(read) => has_ended = read == 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        tls.process_new_packets().map_err(io::Error::other)?;
        while filled < buffer.len() {
            match tls.reader().read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if filled == 0 && !has_ended { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(filled) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return self.stream.write(bytes).map(drop) };
        tls.writer().write_all(bytes)?;
        tls.write_tls(&mut self.stream).map(drop)
    }
}

/// Readers of one server, and its publisher.
pub struct Load {
    target: Target,
    poller: Poller,
    readers: Vec<Reader>,
    publisher: Publisher,
    events: Vec<Event>,
    buffer: Vec<u8>,
    began: Instant,
    /// Posts published so far.
    sequence: u64,
    open: usize,
    gone: usize,
    /// Memory of the server before the readers came, KiB.
    resident_before: f64,
    received: u64,
    /// Messages heard; one may carry many posts.
    messages: u64,
    out_of_order: u64,
    last_ns: u64,
    hist: Hist,
    /// Bytes of payload, frames' heads left out.
    bytes: u64,
    /// Does not sleep while a run lasts. A reader who sleeps is woken by the send, over loopback at the sender's cost: a
    /// server slower than the generator would pay for that with each delivery, a faster one with none.
    pub is_awake: bool,
    /// Milliseconds until one post had reached everybody, with no other load.
    one_ms: f64,
    /// The first message of the run.
    message: Vec<u8>,
}

impl Load {
    /// Connects `count` readers and the publisher, and waits until all are open.
    pub fn connect(target: Target, count: usize) -> anyhow::Result<Self> {
        let poller = Poller::new()?;
        let publisher = Publisher::new(&target.door, &poller, PUBLISHER).context("the publishing door")?;
        let resident_before = resident_kib(&target.pids);
        let mut load = Self {
            target,
            poller,
            readers: Vec::with_capacity(count),
            publisher,
            events: Vec::with_capacity(512),
            buffer: vec![0; READ_BYTES],
            began: Instant::now(),
            sequence: 0,
            open: 0,
            gone: 0,
            resident_before,
            received: 0,
            messages: 0,
            is_awake: false,
            out_of_order: 0,
            last_ns: 0,
            hist: Hist::default(),
            bytes: 0,
            one_ms: 0.0,
            message: Vec::new(),
        };
        while load.open < count {
            while load.readers.len() < count && load.readers.len() - load.open < CONNECTING {
                load.knock()?;
            }
            load.serve(Duration::from_secs(1))?;
            if load.gone > 0 {
                bail!("{} readers were turned away", load.gone);
            }
            if load.began.elapsed() > Duration::from_secs(120) {
                bail!("connecting {count} readers took over two minutes");
            }
        }
        Ok(load)
    }

    pub const fn readers(&self) -> usize {
        self.open
    }

    /// The last message that brought one post, with `@STAMP@` in the place of its stamp.
    pub fn last_message(&self) -> anyhow::Result<String> {
        let message = String::from_utf8(self.message.clone())?;
        let at = message.find("~T~").context("no message came")?;
        let stamp = message.get(at..at + STAMP_BYTES).context("a cut stamp")?;
        Ok(message.replace(stamp, "@STAMP@"))
    }

    /// What each reader costs the server, KiB of resident memory.
    pub fn kib_per_reader(&self) -> f64 {
        (resident_kib(&self.target.pids) - self.resident_before) / self.open.max(1) as f64
    }

    fn knock(&mut self) -> anyhow::Result<()> {
        let mut stream = TcpStream::connect(self.target.address)?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            self.target.path, self.target.address
        );
        let tls = match &self.target.tls {
            None => {
                stream.write_all(request.as_bytes())?;
                None
            }
            Some(config) => {
                let mut tls = ClientConnection::new(config.clone(), "localhost".try_into()?)?;
                rustls::Stream::new(&mut tls, &mut stream).write_all(request.as_bytes())?;
                Some(Box::new(tls))
            }
        };
        stream.set_nonblocking(true)?;
        self.poller.add(&stream, self.readers.len() as u64, EventFlags::IN)?;
        self.readers.push(Reader { stream, tls, state: State::Handshake, rest: Vec::new(), last: 0 });
        Ok(())
    }

    fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// Serves what is ready, waiting for it at most so long.
    fn serve(&mut self, at_most: Duration) -> anyhow::Result<()> {
        let mut events = std::mem::take(&mut self.events);
        self.poller.wait(&mut events, at_most)?;
        for event in &events {
            let (token, flags) = (event.data.u64(), event.flags);
            if token >= PUBLISHER {
                self.publisher.on_event(token, flags, &self.poller)?;
            } else {
                self.read(token as usize);
            }
        }
        self.events = events;
        Ok(())
    }

    /// Serves for so long and publishes nothing.
    pub fn idle(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.serve(Duration::from_millis(20))?;
        }
        Ok(())
    }

    fn lose(&mut self, index: usize, why: &str) {
        let reader = &mut self.readers[index];
        if reader.state == State::Gone {
            return;
        }
        self.open -= usize::from(reader.state == State::Open);
        reader.state = State::Gone;
        self.gone += 1;
        if self.gone <= 3 {
            eprintln!("reader {index} is gone: {why}");
        }
        // What is closed leaves the poller; a shut socket would be reported for ever.
        _ = epoll::delete(&self.poller, &reader.stream);
        _ = reader.stream.shutdown(std::net::Shutdown::Both);
    }

    fn read(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        // What was left of the last read goes first, so that frames are read in place.
        let kept = reader.rest.len();
        self.buffer[..kept].copy_from_slice(&reader.rest);
        let end = match reader.receive(&mut self.buffer[kept..]) {
            Ok(0) => return self.lose(index, "closed by the server"),
            Ok(read) => kept + read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => return self.lose(index, &error.to_string()),
        };
        let mut at = 0;
        if reader.state == State::Handshake {
            match memchr::memmem::find(&self.buffer[..end], b"\r\n\r\n") {
                Some(head) if self.buffer.starts_with(b"HTTP/1.1 101") => {
                    at = head + 4;
                    reader.state = State::Open;
                    self.open += 1;
                }
                Some(_) => {
                    let line = String::from_utf8_lossy(&self.buffer[..end.min(60)]).into_owned();
                    return self.lose(index, &line);
                }
                None => {}
            }
        }
        if self.readers[index].state == State::Open {
            let now = self.now_ns();
            while let Some((opcode, start, length)) = frame_at(&self.buffer[at..end]) {
                let payload = at + start..at + start + length;
                at = payload.end;
                match opcode {
                    0..=2 => self.hear(index, payload, now),
                    8 => return self.lose(index, "closed with a frame"),
                    9 => {
                        let pong = masked_frame(10, &self.buffer[payload]);
                        // A full socket loses the pong, and with it the reader: that is then a finding.
                        _ = self.readers[index].send(&pong);
                    }
                    _ => {}
                }
            }
        }
        let rest = &mut self.readers[index].rest;
        rest.clear();
        rest.extend_from_slice(&self.buffer[at..end]);
    }

    /// Finds every stamp of a message: one post in most servers' messages, many in a batch.
    fn hear(&mut self, index: usize, payload: std::ops::Range<usize>, now: u64) {
        let message = &self.buffer[payload];
        self.bytes += message.len() as u64;
        let (mut at, mut stride) = (0, 0);
        let reader = &mut self.readers[index];
        while at < message.len() {
            // Posts of one batch are of one length: look there before searching.
            let guess = at + stride;
            let found = if stride > 0 && message.get(guess..).is_some_and(|rest| rest.starts_with(STAMP)) {
                guess
            } else {
                match memchr::memmem::find(&message[at..], STAMP) {
                    Some(found) => at + found,
                    None => return,
                }
            };
            let Some(stamp) = message.get(found..found + STAMP_BYTES) else { return };
            let (due, sequence) = (digits(&stamp[3..23]), digits(&stamp[24..34]));
            if reader.last != 0 && sequence != reader.last + 1 {
                self.out_of_order += 1;
            }
            reader.last = sequence;
            self.messages += u64::from(at == 0);
            if self.received == 0 {
                self.message = message.to_vec();
            }
            self.received += 1;
            self.last_ns = now;
            self.hist.record(now.saturating_sub(due));
            let next = found + STAMP_BYTES;
            stride = if at == 0 { 0 } else { next - at - STAMP_BYTES };
            at = next;
        }
    }
}

#[inline]
fn digits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0')))
}

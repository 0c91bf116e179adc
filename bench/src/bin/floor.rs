//! The floor: a bare epoll loop on one thread that does nothing but send. It answers the handshake with a fixed key's
//! answer and never reads frames.
//!
//! `floor single` sends each post by itself, which is what a delivery costs on this machine; `floor coalesce` sends
//! all that has gathered in one write. `floor halves` sends each post by itself, to half of the readers from a second
//! thread.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Context;
use parvis_bench::load::{self, text_frame};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

const DOOR: u64 = u64::MAX;
const LIVE: u64 = u64::MAX - 1;
const PUBLISHER: u64 = u64::MAX - 2;
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn main() -> anyhow::Result<()> {
    let mode = std::env::args().nth(1).context("single, coalesce or halves")?;
    let (coalesces, in_halves) = (mode == "coalesce", mode == "halves");
    load::raise_open_files();
    let (live, door) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    // The standard library listens with a backlog of 128; the generator keeps fewer handshakes in flight.
    println!(r#"{{"live":"{}","door":"{}"}}"#, live.local_addr()?, door.local_addr()?);
    let poller = epoll::create(CreateFlags::CLOEXEC)?;
    let watch = |socket: &TcpStream, token| epoll::add(&poller, socket, EventData::new_u64(token), EventFlags::IN);
    epoll::add(&poller, &live, EventData::new_u64(LIVE), EventFlags::IN)?;
    epoll::add(&poller, &door, EventData::new_u64(DOOR), EventFlags::IN)?;
    let mut readers: Vec<Reader> = Vec::new();
    let mut publisher: Option<TcpStream> = None;
    let (mut lines, mut scratch) = (Vec::new(), vec![0; 256 * 1024]);
    let mut events: Vec<Event> = Vec::with_capacity(256);
    loop {
        events.clear();
        if let Err(error) = epoll::wait(&poller, rustix::buffer::spare_capacity(&mut events), None) {
            anyhow::ensure!(error == rustix::io::Errno::INTR, "epoll: {error}");
        }
        for event in &events {
            match event.data.u64() {
                LIVE => {
                    let (stream, _) = live.accept()?;
                    stream.set_nodelay(true)?;
                    stream.set_nonblocking(true)?;
                    watch(&stream, readers.len() as u64)?;
                    readers.push(Reader { stream: Some(stream), is_open: false, unsent: Vec::new() });
                }
                DOOR => {
                    let (stream, _) = door.accept()?;
                    stream.set_nonblocking(true)?;
                    watch(&stream, PUBLISHER)?;
                    publisher = Some(stream);
                }
                PUBLISHER => {
                    let Some(stream) = &mut publisher else { continue };
                    let read = stream.read(&mut scratch).unwrap_or(0);
                    if read == 0 {
                        publisher = None;
                        continue;
                    }
                    lines.extend_from_slice(&scratch[..read]);
                    let Some(end) = lines.iter().rposition(|byte| *byte == b'\n') else { continue };
                    let rest = lines.split_off(end + 1);
                    let frames = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(text_frame);
                    let writes: Vec<Vec<u8>> =
                        if coalesces { vec![frames.collect::<Vec<_>>().concat()] } else { frames.collect() };
                    lines = rest;
                    for write in &writes {
                        let half = if in_halves { readers.len() / 2 } else { 0 };
                        let (theirs, ours) = readers.split_at_mut(half);
                        std::thread::scope(|scope| {
                            if in_halves {
                                scope.spawn(|| theirs.iter_mut().for_each(|reader| reader.send(write)));
                            }
                            ours.iter_mut().for_each(|reader| reader.send(write));
                        });
                    }
                }
                token => {
                    let Some(reader) = readers.get_mut(token as usize) else { continue };
                    let flags = event.flags;
                    if flags.contains(EventFlags::OUT) {
                        reader.send(&[]);
                    } else {
                        reader.hear(&mut scratch);
                    }
                }
            }
        }
        // Whoever could not take all is asked again when there is room.
        for (token, reader) in readers.iter().enumerate() {
            if let (Some(stream), false) = (&reader.stream, reader.unsent.is_empty()) {
                let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
                epoll::modify(&poller, stream, EventData::new_u64(token as u64), flags)?;
            }
        }
    }
}

struct Reader {
    stream: Option<TcpStream>,
    is_open: bool,
    unsent: Vec<u8>,
}

impl Reader {
    fn hear(&mut self, scratch: &mut [u8]) {
        let Some(stream) = &mut self.stream else { return };
        match stream.read(scratch) {
            Ok(0) => self.stream = None,
            Ok(_) if !self.is_open => {
                self.is_open = true;
                self.send(RESPONSE);
            }
            _ => {}
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        let Some(stream) = &mut self.stream else { return };
        if !self.is_open {
            return;
        }
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            if let Ok(written) = stream.write(&self.unsent) {
                self.unsent.drain(..written);
            }
            return;
        }
        let written = stream.write(bytes).unwrap_or(0);
        self.unsent.extend_from_slice(bytes.get(written..).unwrap_or_default());
    }
}

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::event::epoll::{self, EventData, EventFlags};

use super::Poller;

/// How posts are put into a server.
#[derive(Clone, Debug)]
pub enum Door {
    /// One connection, one message a line. The cheapest for the server.
    Lines(SocketAddr),
    /// POST over a pool of kept connections, one request in flight on each. What a server offers that has no other.
    Post { address: SocketAddr, path: String, pool: usize },
}

struct Link {
    stream: TcpStream,
    out: VecDeque<u8>,
    input: Vec<u8>,
    is_busy: bool,
    awaits_room: bool,
}

/// The publishing side of a load run.
pub struct Publisher {
    door: Door,
    links: Vec<Link>,
    queue: VecDeque<Vec<u8>>,
    base: u64,
    pub failed: u64,
}

impl Publisher {
    /// Its sockets get the tokens from `base` on.
    pub fn new(door: &Door, poller: &Poller, base: u64) -> io::Result<Self> {
        let (address, count) = match door {
            Door::Lines(address) => (*address, 1),
            Door::Post { address, pool, .. } => (*address, *pool),
        };
        let mut publisher = Self { door: door.clone(), links: Vec::new(), queue: VecDeque::new(), base, failed: 0 };
        for index in 0..count {
            let link = Link::open(address)?;
            poller.add(&link.stream, base + index as u64, EventFlags::IN)?;
            publisher.links.push(link);
        }
        Ok(publisher)
    }

    /// Messages that the server has not taken yet.
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.links.iter().filter(|link| link.is_busy || !link.out.is_empty()).count()
    }

    pub fn publish(&mut self, message: &[u8], poller: &Poller) -> io::Result<()> {
        if matches!(self.door, Door::Post { .. }) {
            self.queue.push_back(message.to_vec());
            return self.pump(poller);
        }
        let base = self.base;
        let Some(link) = self.links.first_mut() else { return Ok(()) };
        link.out.extend(message);
        link.out.push_back(b'\n');
        link.flush(poller, base)
    }

    fn pump(&mut self, poller: &Poller) -> io::Result<()> {
        let Door::Post { address, path, .. } = &self.door else { return Ok(()) };
        for (index, link) in self.links.iter_mut().enumerate() {
            if link.is_busy {
                continue;
            }
            let Some(message) = self.queue.pop_front() else { break };
            link.is_busy = true;
            write!(
                link.out,
                "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                message.len()
            )?;
            link.out.extend(&message);
            link.flush(poller, self.base + index as u64)?;
        }
        Ok(())
    }

    pub fn on_event(&mut self, token: u64, events: EventFlags, poller: &Poller) -> io::Result<()> {
        let Some(link) = self.links.get_mut((token - self.base) as usize) else { return Ok(()) };
        if events.contains(EventFlags::OUT) {
            link.flush(poller, token)?;
        }
        let mut scratch = [0; 4096];
        let read = match link.stream.read(&mut scratch) {
            Ok(0) => {
                // A server may close an idle connection; a request lost with it counts as failed.
                self.failed += u64::from(link.is_busy);
                let Door::Post { address, .. } = self.door else {
                    return Err(io::Error::other("the publishing door was closed"));
                };
                *link = Link::open(address)?;
                return poller.add(&link.stream, token, EventFlags::IN);
            }
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        link.input.extend_from_slice(&scratch[..read]);
        if let Some((status, used)) = response(&link.input) {
            link.input.drain(..used);
            if std::mem::take(&mut link.is_busy) {
                self.failed += u64::from(!(200..300).contains(&status));
                return self.pump(poller);
            }
        }
        Ok(())
    }
}

impl Link {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, out: VecDeque::new(), input: Vec::new(), is_busy: false, awaits_room: false })
    }

    fn flush(&mut self, poller: &Poller, token: u64) -> io::Result<()> {
        while !self.out.is_empty() {
            match self.stream.write(self.out.as_slices().0) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.awaits_room == self.out.is_empty() {
            self.awaits_room = !self.out.is_empty();
            let flags = if self.awaits_room { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            epoll::modify(poller, &self.stream, EventData::new_u64(token), flags)?;
        }
        Ok(())
    }
}

/// Status and length of a whole HTTP/1.1 response at the start of `bytes`.
fn response(bytes: &[u8]) -> Option<(u16, usize)> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?.to_ascii_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    if text.contains("transfer-encoding: chunked") {
        let end = memchr::memmem::find(bytes.get(head..)?, b"0\r\n\r\n")?;
        return Some((status, head + end + 5));
    }
    let length: usize =
        text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    (bytes.len() >= head + length).then_some((status, head + length))
}

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// The beginning of an answer.
#[derive(Debug, Clone)]
pub struct Head {
    pub status: u16,
    text: String,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Ping(Vec<u8>),
    Close(u16),
    Other(u8),
}

/// A socket that speaks as little or as badly as it is told.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that have been taken.
    taken: usize,
}

impl Wire {
    pub async fn open(address: &str) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(address).await?, buffer: Vec::new(), taken: 0 })
    }

    /// With a receive buffer so small that a reader who does not read is soon noticed.
    pub async fn open_narrow(address: &str) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 * 1024)?;
        let stream = socket.connect(address.parse().unwrap()).await?;
        Ok(Self { stream, buffer: Vec::new(), taken: 0 })
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let bytes = self.buffer[self.taken..self.taken + length].to_vec();
        self.taken += length;
        if self.taken > 16 * 1024 || self.taken == self.buffer.len() {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        bytes
    }

    /// Reads what there is, at most 8 KiB; false at the end of the connection.
    pub async fn read_more(&mut self) -> io::Result<bool> {
        if self.buffer.is_empty() {
            // Thousands of idle readers keep no buffer.
            self.buffer = Vec::new();
        }
        let mut chunk = [0; 8 * 1024];
        // Nothing is held while nothing comes, so that a future of this kind stays small where it waits long.
        self.stream.readable().await?;
        match self.stream.try_read(&mut chunk) {
            Ok(0) => Ok(false),
            Ok(read) => {
                self.buffer.extend_from_slice(&chunk[..read]);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Reads one byte and forgets it.
    pub async fn sip(&mut self) -> io::Result<usize> {
        self.stream.read(&mut [0; 1]).await
    }

    /// Whether a close frame is among what came; it stays there for whoever reads next.
    pub fn closed_here(&mut self) -> Option<()> {
        (self.rest().first()? & 0x0f == 8).then_some(())
    }

    /// Reads and forgets everything until the end.
    pub async fn drain(&mut self) {
        self.buffer.clear();
        self.taken = 0;
        while let Ok(true) = self.read_more().await {
            self.buffer.clear();
        }
    }

    /// The head of an answer; `None` when the connection ends before.
    pub async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(self.rest(), b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&self.take(end + 4)).into_owned();
                let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
                return Ok(Some(Head { status, text }));
            }
            if !self.read_more().await? {
                return Ok(None);
            }
        }
    }

    /// A body of stated length.
    pub async fn body(&mut self, head: &Head) -> io::Result<Vec<u8>> {
        let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while self.rest().len() < length {
            if !self.read_more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.take(length))
    }

    /// A whole frame that is here already.
    pub fn frame_here(&mut self) -> Option<Frame> {
        let rest = self.rest();
        let (first, second) = (*rest.first()?, *rest.get(1)?);
        let (head, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]))),
            127 => (10, u64::from_be_bytes(rest.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let length = usize::try_from(length).ok()?;
        if rest.len() < head + length {
            return None;
        }
        let payload = self.take(head + length).split_off(head);
        Some(match first & 0x0f {
            1 => Frame::Text(String::from_utf8(payload).unwrap()),
            8 => Frame::Close(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))),
            9 => Frame::Ping(payload),
            other => Frame::Other(other),
        })
    }

    /// The next frame; `None` at the end of the connection, however it came.
    pub async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frame_here() {
                return Some(frame);
            }
            if !self.read_more().await.unwrap_or(false) {
                return None;
            }
        }
    }

    /// The next text, with pings answered on the way.
    pub async fn text(&mut self) -> Result<String, Option<u16>> {
        loop {
            match self.frame().await {
                Some(Frame::Text(text)) => return Ok(text),
                Some(Frame::Ping(payload)) => self.send(masked(0x8a, &payload)).await.map_err(|_gone| None)?,
                Some(Frame::Close(code)) => return Err(Some(code)),
                Some(Frame::Other(_)) => {}
                None => return Err(None),
            }
        }
    }

    /// The next chunk of a chunked body that is here already.
    pub fn chunk_here(&mut self) -> Option<String> {
        let rest = self.rest();
        let line = find(rest, b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if rest.len() < line + 2 + length + 2 {
            return None;
        }
        self.take(line + 2);
        let chunk = self.take(length);
        self.take(2);
        Some(String::from_utf8(chunk).unwrap())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A client's frame: `first` is FIN and opcode; the mask is one of little secrecy.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x2a, 0x17, 0x99, 0x04];
    let mut frame = vec![first];
    match payload.len() {
        short @ ..126 => frame.push(0x80 | short as u8),
        long => {
            frame.push(0x80 | 126);
            frame.extend((long as u16).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The request that opens a session; `query` begins with `?` or is empty.
pub fn handshake(query: &str, headers: &str) -> String {
    format!(
        "GET /api/v1/cities/ville/live{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

pub fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

/// Opens a session on this socket.
pub async fn upgrade(mut wire: Wire, query: &str, headers: &str) -> Result<Wire, Option<Head>> {
    let asked = async {
        wire.send(handshake(query, headers)).await?;
        wire.head().await
    };
    let head = tokio::time::timeout(Duration::from_secs(30), asked).await.map_err(|_elapsed| None)?;
    match head.map_err(|_gone| None)? {
        Some(head) if head.status == 101 => Ok(wire),
        other => Err(other),
    }
}

pub async fn session(address: &str, query: &str) -> Result<Wire, Option<Head>> {
    upgrade(Wire::open(address).await.map_err(|_refused| None)?, query, "").await
}

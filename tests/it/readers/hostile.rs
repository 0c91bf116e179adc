use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::wire::{Frame, Wire, get, handshake, masked, upgrade};

/// What a client may do that no honest one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Never reads, and says that it is alive.
    Stalled,
    /// The same over server-sent events.
    StalledEvents,
    /// Reads a byte now and then, and says that it is alive.
    Trickling,
    /// Reads, and answers no ping.
    Mute,
    FrameTooLarge,
    /// A head that claims 2^63 bytes.
    FrameClaimsAll,
    Unmasked,
    /// A text in pieces without an end.
    Fragments,
    PingFlood,
    Talks,
    /// Half a handshake, and silence.
    HalfHandshake,
    /// Connects, and silence.
    Silent,
    /// A header line now and then.
    SlowHeaders,
    /// A form, a byte now and then.
    SlowBody,
    /// A request, and then what is none.
    PipelinedGarbage,
    ManyHeaders,
    HugeAddress,
    /// A request on a connection that was good once, without an end.
    SlowSecondHead,
}

pub const KINDS: [Kind; 18] = [
    Kind::Stalled,
    Kind::StalledEvents,
    Kind::Trickling,
    Kind::Mute,
    Kind::FrameTooLarge,
    Kind::FrameClaimsAll,
    Kind::Unmasked,
    Kind::Fragments,
    Kind::PingFlood,
    Kind::Talks,
    Kind::HalfHandshake,
    Kind::Silent,
    Kind::SlowHeaders,
    Kind::SlowBody,
    Kind::PipelinedGarbage,
    Kind::ManyHeaders,
    Kind::HugeAddress,
    Kind::SlowSecondHead,
];

/// How the server ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A close frame with this code, and then the end.
    Closed(u16),
    /// An answer with this status, and then the end.
    Answered(u16),
    /// The end, without a word.
    Cut,
}

/// The server's clocks while it is attacked, in seconds.
pub const PING_S: u64 = 2;
pub const PONG_S: u64 = 5;
pub const UNSENT_S: u64 = 3;

impl Kind {
    /// How it has to end, and after how long at most by the server's clocks.
    pub fn promise(self) -> (&'static [Ending], Duration) {
        use Ending::*;
        const SLOW: &[Ending] = &[Cut, Closed(4008)];
        const LATE: &[Ending] = &[Cut, Answered(408)];
        let (endings, seconds): (&[Ending], u64) = match self {
            // The buffers fill first, and the kernel looks at its clock when it probes: twice the time at most.
            Self::Stalled | Self::StalledEvents | Self::Trickling => (SLOW, 2 + 2 * UNSENT_S),
            Self::Mute => (&[Cut], PING_S + PONG_S + 2),
            // The close frame comes at once; the connection is then read to its end for a while.
            Self::FrameTooLarge | Self::FrameClaimsAll => (&[Closed(1009)], 3),
            Self::Unmasked => (&[Closed(1002)], 3),
            Self::Fragments | Self::PingFlood | Self::Talks => (&[Closed(1008)], 3),
            Self::HalfHandshake | Self::Silent | Self::SlowHeaders => (LATE, 5 + 1),
            // Many at once find no place to send a form at all.
            Self::SlowBody => (&[Answered(408), Answered(503)], 10 + 1),
            Self::PipelinedGarbage => (&[Answered(400)], 1),
            Self::ManyHeaders => (&[Answered(400), Answered(431)], 1),
            Self::HugeAddress => (&[Answered(400), Answered(414), Answered(431)], 1),
            Self::SlowSecondHead => (&[Cut], 60 + 2),
        };
        (endings, Duration::from_secs(seconds))
    }

    /// Misbehaves until the server ends it. Gives the ending, and the time from the first bad act to it.
    pub async fn attack(self, address: &str, number: u64) -> Option<(Ending, Duration)> {
        let mut wire = match self {
            Self::Stalled | Self::StalledEvents | Self::Trickling => Wire::open_narrow(address).await.ok()?,
            _ => Wire::open(address).await.ok()?,
        };
        if self.is_session() {
            wire = upgrade(wire, "", "").await.ok()?;
        }
        let began = Instant::now();
        // Sending to somebody who has closed fails; how it ended is seen when reading.
        let ending = match self {
            Self::Stalled => stall(&mut wire, &masked(0x8a, b"")).await,
            Self::StalledEvents => {
                wire.send(get("/api/v1/cities/ville/events", "")).await.ok()?;
                stall(&mut wire, b"\r\n").await
            }
            Self::Trickling => trickle(&mut wire).await,
            Self::Mute => closing(&mut wire).await,
            Self::FrameTooLarge => say(&mut wire, &masked(0x82, &[0; 5_000])).await,
            Self::FrameClaimsAll => say(&mut wire, b"\x82\xff\x80\0\0\0\0\0\0\0mask").await,
            Self::Unmasked => say(&mut wire, b"\x89\x02hi").await,
            Self::Fragments => {
                _ = wire.send(masked(0x01, b"un")).await;
                while wire.send(masked(0x00, b" mot")).await.is_ok() && wire.closed_here().is_none() {
                    if timeout(Duration::from_millis(50), wire.read_more())
                        .await
                        .is_ok_and(|more| !more.unwrap_or(false))
                    {
                        break;
                    }
                }
                closing(&mut wire).await
            }
            Self::PingFlood => say(&mut wire, &masked(0x89, b"?").repeat(100)).await,
            Self::Talks => say(&mut wire, &masked(0x81, b"bonjour")).await,
            Self::HalfHandshake => {
                let whole = handshake("", "");
                wire.send(&whole[..whole.len() / 2]).await.ok()?;
                answering(&mut wire).await
            }
            Self::Silent => answering(&mut wire).await,
            Self::SlowHeaders => {
                wire.send("GET /ville HTTP/1.1\r\nHost: localhost\r\n").await.ok()?;
                drip(&mut wire, b"X-Lent: oui\r\n", Duration::from_millis(400)).await
            }
            Self::SlowBody => {
                let from = format!("X-Forwarded-For: 10.{}.{}.1\r\n", number / 200 % 200, number % 200);
                let head = format!(
                    "POST /ville/leave HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n{from}\
                     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"
                );
                wire.send(head).await.ok()?;
                drip(&mut wire, b"a", Duration::from_millis(400)).await
            }
            Self::PipelinedGarbage => {
                wire.send(get("/healthz", "")).await.ok()?;
                _ = wire.send(b"\0\x01\x02 nonsense \xff\xfe\r\n\r\n".repeat(20)).await;
                let first = wire.head().await.ok()??;
                assert_eq!(first.status, 200);
                wire.body(&first).await.ok()?;
                answering(&mut wire).await
            }
            Self::ManyHeaders => {
                let headers: String = (0..3_000).map(|number| format!("X-H{number}: x\r\n")).collect();
                _ = wire.send(get("/ville", &headers)).await;
                answering(&mut wire).await
            }
            Self::HugeAddress => {
                _ = wire.send(get(&format!("/ville?tag={}", "a".repeat(300_000)), "")).await;
                answering(&mut wire).await
            }
            Self::SlowSecondHead => {
                wire.send(get("/healthz", "")).await.ok()?;
                let first = wire.head().await.ok()??;
                wire.body(&first).await.ok()?;
                wire.send("GET /ville HTTP/1.1\r\n").await.ok()?;
                drip(&mut wire, b"X-Lent: oui\r\n", Duration::from_millis(900)).await
            }
        };
        Some((ending, began.elapsed()))
    }

    const fn is_session(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Stalled | Trickling | Mute | FrameTooLarge | FrameClaimsAll | Unmasked | Fragments | PingFlood | Talks
        )
    }
}

async fn say(wire: &mut Wire, bytes: &[u8]) -> Ending {
    _ = wire.send(bytes).await;
    closing(wire).await
}

/// Reads on until the end of a session.
async fn closing(wire: &mut Wire) -> Ending {
    loop {
        match wire.frame().await {
            Some(Frame::Close(code)) => {
                wire.drain().await;
                return Ending::Closed(code);
            }
            Some(_) => {}
            None => return Ending::Cut,
        }
    }
}

/// Reads on until the end of a connection that is no session.
async fn answering(wire: &mut Wire) -> Ending {
    match wire.head().await {
        Ok(Some(head)) => {
            wire.drain().await;
            Ending::Answered(head.status)
        }
        Ok(None) | Err(_) => Ending::Cut,
    }
}

/// Sends a little now and then, until the server answers or ends it.
async fn drip(wire: &mut Wire, bytes: &[u8], every: Duration) -> Ending {
    loop {
        match timeout(every, wire.head()).await {
            Ok(Ok(Some(head))) => {
                wire.drain().await;
                return Ending::Answered(head.status);
            }
            Ok(_) => return Ending::Cut,
            Err(_nothing_yet) => {
                if wire.send(bytes).await.is_err() {
                    return answering(wire).await;
                }
            }
        }
    }
}

const STILL_HERE: Duration = Duration::from_millis(500);

/// Reads nothing. What gave up on us without a word answers what we send with a reset.
async fn stall(wire: &mut Wire, alive: &[u8]) -> Ending {
    while wire.send(alive).await.is_ok() {
        sleep(STILL_HERE).await;
    }
    Ending::Cut
}

async fn trickle(wire: &mut Wire) -> Ending {
    loop {
        if wire.send(masked(0x8a, b"")).await.is_err() || !wire.sip().await.is_ok_and(|read| read > 0) {
            return Ending::Cut;
        }
        sleep(STILL_HERE).await;
    }
}

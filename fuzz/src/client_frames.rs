//! What clients of the WebSocket send.

use std::time::Duration;

use parvis::http::{Inbox, Said};
use tokio::time::Instant;

/// The first byte says how large the pieces are in which the rest comes.
pub fn run(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    let now = Instant::now();
    let (whole, answers) = read(bytes, bytes.len().max(1), now);
    let (pieces, _) = read(bytes, usize::from(*size).max(1), now);
    assert_eq!(whole, pieces, "it does not matter in which pieces frames come");
    assert!(answers <= bytes.len() + 1, "an answer is never longer than its question");
}

/// The code that the session is closed with, if it is, and the bytes of the answers before.
fn read(bytes: &[u8], size: usize, now: Instant) -> (Option<u16>, usize) {
    let mut inbox = Inbox::new(now);
    let mut answers = 0;
    for (piece, at) in bytes.chunks(size).zip(0..) {
        match inbox.read(piece, now + Duration::from_millis(at % 10)) {
            Said::Nothing => {}
            Said::Asked(pongs) => {
                assert!(!pongs.is_empty());
                answers += pongs.len();
            }
            Said::Goodbye(reply) => {
                assert!(reply.len() <= 127, "a close frame is a control frame");
                return (Some(1000), answers);
            }
            Said::Wrong((code, words)) => {
                assert!(matches!(code, 1002 | 1008 | 1009) && words.len() <= 123);
                return (Some(code), answers);
            }
        }
    }
    (None, answers)
}

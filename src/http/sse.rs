use std::convert::Infallible;

use actix_web::web::Bytes;
use futures_util::{Stream, stream};

use crate::live::{End, Permit, Subscription};

use super::SessionTiming;
use super::connections::Streaming;

/// How long a browser waits before it comes back, in milliseconds.
const RETRY: Bytes = Bytes::from_static(b"retry: 3000\n\n");
/// The same for those whom a server sends away that stops: until it has stopped it answers 503, and a browser whose
/// event stream is answered so never comes back.
const RETRY_LATER: Bytes = Bytes::from_static(b"retry: 15000\n\n");
const COMMENT: Bytes = Bytes::from_static(b": here\n\n");

/// What a stream says next.
enum Turn {
    First,
    Blocks,
    Over,
}

/// The bytes of a server-sent event stream: blocks of the subscription, with comments while it is quiet. It ends
/// without a word; the browser comes back with the last `id:`.
pub fn session(
    subscription: Subscription,
    permit: Permit,
    streaming: Option<Streaming>,
    timing: SessionTiming,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let state = (subscription, permit, streaming, Turn::First);
    stream::unfold(state, move |(mut subscription, permit, streaming, turn)| async move {
        // Asked for while the stream's buffer has room.
        if let Some(streaming) = &streaming {
            streaming.turns();
        }
        let (bytes, next) = match turn {
            Turn::First => (RETRY, Turn::Blocks),
            Turn::Over => return None,
            Turn::Blocks => match tokio::time::timeout(timing.comment_every, subscription.next()).await {
                Ok(Ok(block)) => (block, Turn::Blocks),
                Ok(Err(End::GoingAway)) => (RETRY_LATER, Turn::Over),
                Ok(Err(_)) => return None,
                Err(_elapsed) => (COMMENT, Turn::Blocks),
            },
        };
        Some((Ok(bytes), (subscription, permit, streaming, next)))
    })
}

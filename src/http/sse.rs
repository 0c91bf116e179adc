use std::convert::Infallible;

use actix_web::web::Bytes;
use futures_util::{Stream, stream};

use crate::live::{Permit, Subscription};

use super::SessionTiming;

/// How long a browser waits before it comes back, in milliseconds.
const RETRY: Bytes = Bytes::from_static(b"retry: 3000\n\n");
const COMMENT: Bytes = Bytes::from_static(b": here\n\n");

/// The bytes of a server-sent event stream: blocks of the subscription, with comments while it is quiet. It ends
/// without a word; the browser comes back with the last `id:`.
pub fn session(
    subscription: Subscription,
    permit: Permit,
    timing: SessionTiming,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let state = (subscription, permit, true);
    stream::unfold(state, move |(mut subscription, permit, first)| async move {
        if first {
            return Some((Ok(RETRY), (subscription, permit, false)));
        }
        let bytes = match tokio::time::timeout(timing.comment_every, subscription.next()).await {
            Ok(block) => block.ok()?,
            Err(_elapsed) => COMMENT,
        };
        Some((Ok(bytes), (subscription, permit, false)))
    })
}

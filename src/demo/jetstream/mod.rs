//! A simulator of Bluesky's Jetstream: the network's side of the connector, on a loopback port.
//!
//! Owns the server and the handle by which the demonstration and the tests drive it. Does not own what the frames
//! say. Invariant: it behaves as the real server does on both wires, which share one log, but where a test orders a
//! fault.

mod handshake;
mod hub;
mod session;
mod subscription;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::ingest::sources::bluesky::Wire;
use crate::shutdown::Shutdown;
use hub::Hub;

/// At the bound a new connection waits in the listener's queue until another ends.
const CLIENTS_LIMIT: usize = 64;

/// A running server; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone, Debug)]
pub struct JetstreamSimulator {
    address: SocketAddr,
    hub: Arc<Hub>,
}

impl JetstreamSimulator {
    /// Listens on a free loopback port. Must be called inside a Tokio runtime.
    pub async fn start(shutdown: Shutdown) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let hub = Arc::new(Hub::new());
        tokio::spawn(accept(listener, Arc::clone(&hub), shutdown));
        Ok(Self { address, hub })
    }

    /// The endpoint as a configuration names it, `ws://127.0.0.1:PORT`, to which clients add a wire's path.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Adds a frame to the log, in the form of the first wire, from where every subscriber it passes gets it in that of
    /// his own. A frame that is not an event is sent to everybody as it is; a `sync` is kept from the first wire.
    pub fn push(&self, frame: impl Into<Arc<str>>) {
        self.hub.push(frame.into());
    }

    /// All frames so far, the newest 400,000 of them.
    pub fn log(&self) -> Vec<Arc<str>> {
        self.hub.log()
    }

    /// Cuts every connection without a close frame. Clients may come again.
    pub fn drop_clients(&self) {
        self.hub.drop_clients();
    }

    /// Cuts every connection in the middle of the next frame it would get.
    pub fn cut_next_frame(&self) {
        self.hub.cut_next_frame();
    }

    /// Frames that were cut so far: proof that the order was carried out.
    pub fn cut_frames(&self) -> u64 {
        self.hub.halves()
    }

    /// Falls silent: connections stay and new ones are accepted, but nothing is sent, no ping either.
    pub fn stall(&self) {
        self.hub.set_stalled(true);
    }

    /// Ends a [`stall`](Self::stall); what was held back is sent.
    pub fn resume(&self) {
        self.hub.set_stalled(false);
    }

    /// Answers new requests with this HTTP status. Connections that exist stay.
    pub fn refuse(&self, status: u16) {
        self.hub.set_refusal(Some(status));
    }

    /// Ends a [`refuse`](Self::refuse).
    pub fn accept(&self) {
        self.hub.set_refusal(None);
    }

    /// Ends every stream: the second wire's with an error frame (`ConsumerTooSlow`, `InternalError`), the first wire's
    /// without a word. Clients may come again.
    pub fn fail(&self, name: &str, message: &str) {
        self.hub.fail(name, message);
    }

    /// The dictionary for compressed frames of a wire; without one, compression is declined. On the second wire it is
    /// given out, and a client that names another one is declined.
    pub fn set_dictionary(&self, wire: Wire, dictionary: Option<Vec<u8>>) {
        self.hub.set_dictionary(wire, dictionary);
    }

    /// Whether the second wire declines a time that is too old, as it does a number, instead of beginning at the oldest
    /// event. The real server does not; a future one may.
    pub fn set_declines_old_times(&self, declines: bool) {
        self.hub.set_declines_old_times(declines);
    }

    /// Makes the window begin at `time_us`. An older cursor is moved there: without a word on the first wire; on the
    /// second a time is moved with a word (`OutdatedCursor`), and a number declined (`CursorTooOld`).
    pub fn forget_before(&self, time_us: u64) {
        self.hub.forget_before(time_us);
    }

    /// Subscribers connected at this moment.
    pub fn clients(&self) -> usize {
        self.hub.clients()
    }

    /// Subscribers accepted so far: proof that a client came again.
    pub fn accepted(&self) -> u64 {
        self.hub.accepted()
    }
}

async fn accept(listener: TcpListener, hub: Arc<Hub>, shutdown: Shutdown) {
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        let full = sessions.len() >= CLIENTS_LIMIT;
        tokio::select! {
            // An error concerns one connection that ended too early; the next one may be well.
            Ok((stream, _)) = listener.accept(), if !full => {
                sessions.spawn(session::serve(stream, Arc::clone(&hub), shutdown.clone()));
            }
            Some(_) = sessions.join_next() => {}
            () = shutdown.triggered() => break,
            // Keeps the other branches' refusals from ending the loop.
            () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
        }
    }
    while sessions.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests;

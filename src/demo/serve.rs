//! What the simulators listen with.
//!
//! Owns the life of a server on a loopback port. Does not own what it answers. Invariant: it ends with its [`Shutdown`].

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::shutdown::Shutdown;

/// At the bound a new connection waits in the listener's queue until another ends.
const CLIENTS_MAX: usize = 64;

/// A free loopback port, and its address.
pub fn listen() -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Answers HTTP by these routes. Must be called inside a Tokio runtime.
pub fn serve(
    listener: TcpListener,
    shutdown: Shutdown,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<()> {
    let server = HttpServer::new(move || App::new().configure(routes.clone()))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    tokio::spawn(async move {
        shutdown.triggered().await;
        handle.stop(false).await;
    });
    Ok(())
}

/// Takes connections, each into a task of its own.
pub async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: tokio::net::TcpListener,
    shutdown: Shutdown,
    session: impl Fn(TcpStream) -> F,
) {
    let mut sessions = JoinSet::new();
    loop {
        let is_full = sessions.len() >= CLIENTS_MAX;
        tokio::select! {
            accepted = listener.accept(), if !is_full => match accepted {
                Ok((stream, _)) => _ = sessions.spawn(session(stream)),
                // It concerns one connection that ended too early; the next one may be well.
                Err(_ended) => tokio::task::yield_now().await,
            },
            Some(_) = sessions.join_next() => {}
            () = shutdown.triggered() => return,
        }
    }
}

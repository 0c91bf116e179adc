use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use tokio::time::Instant;

use crate::crash::{self, Point};
use crate::live::relay;

use super::access_log::access_log;
use super::connections::{Connections, on_connect, watch_connection};
use super::handlers::health;
use super::headers::security_headers;
use super::limiter::limit_forms;
use super::shed::shed;
use super::{AppState, routes, upgrade};

/// Bytes a connection buffers before it asks a body for more. Small: the frames of SSE are joined batches already, and
/// each stalled session holds this much. WebSocket sessions have no such buffer.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// What is left of requests after the sessions have gone.
const STOP_TIMEOUT_S: u64 = 2;
/// How long after the last session's moment a drain waits for stragglers.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

/// Serves the API, and the pages that `pages` mounts, on listeners that are bound already. The server runs when it is
/// polled, and leaves signals to the process. Must be called inside a Tokio runtime.
pub fn serve<P>(state: Data<AppState>, listeners: Vec<TcpListener>, pages: P) -> io::Result<Server>
where
    P: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let others_max = state.settings.other_connections_max;
    // What one worker takes before it stops accepting: never reached, for all together are bounded.
    let connections_max = state.live.limits().sessions_max.saturating_add(others_max);
    let workers = state.settings.workers;
    let connections = Connections::new(others_max, state.settings.timing);
    let application = move || {
        let app = App::new()
            .app_data(state.clone())
            // From the inside out.
            .wrap(from_fn(limit_forms))
            .wrap(Compress::default())
            .wrap(from_fn(shed))
            .wrap(from_fn(security_headers))
            .wrap(from_fn(access_log))
            .wrap(from_fn(watch_connection))
            .configure(routes::configure)
            .configure(pages.clone());
        map_config(app, |()| AppConfig::default())
    };
    // Not actix-web's own `HttpServer`, which keeps the sockets of live sessions to itself.
    let mut server =
        Server::build().max_concurrent_connections(connections_max).shutdown_timeout(STOP_TIMEOUT_S).disable_signals();
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let stopping = server.graceful_shutdown_signal();
    for listener in listeners {
        let (application, stopping, connections) = (application.clone(), stopping.clone(), connections.clone());
        server = server.listen("http", listener, move || {
            // Once for each worker, on its thread.
            actix_web::rt::spawn(relay());
            let (stopping, connections) = (stopping.clone(), connections.clone());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .on_connect_ext(on_connect)
                .h1_write_buffer_size(WRITE_BUFFER_BYTES)
                // A reader that hangs up ends its stream at once, not at the next write.
                .h1_allow_half_closed(false)
                .upgrade(upgrade::service(application()))
                .finish(application());
            fn_service(move |stream: TcpStream| {
                let watched = connections.opened(stream);
                async move {
                    // Whoever finds no place sees the end of the connection.
                    let watched = watched.ok_or(DispatchError::DisconnectTimeout)?;
                    let peer = watched.peer();
                    Ok((watched, Protocol::Http1, peer))
                }
            })
            .and_then(http)
        })?;
    }
    Ok(server.run())
}

/// Serves `/metrics` and `/healthz` alone, for a listener that the outside can't reach.
pub fn serve_metrics(state: Data<AppState>, listener: TcpListener) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .route("/metrics", web::get().to(health::metrics_alone))
            .route("/healthz", web::get().to(health::alive))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(STOP_TIMEOUT_S).listen(listener)?.run())
}

/// Sends the sessions away, waits for them, and stops the server. The state's shutdown is to be triggered before, so
/// that `/readyz` says no. Takes at most the drain's jitter and four seconds (W6).
pub async fn drain(state: &AppState, server: &ServerHandle) {
    state.live.drain();
    crash::point(Point::Drain);
    let deadline = Instant::now() + state.live.limits().drain_jitter + DRAIN_GRACE;
    while state.live.sessions().count() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.stop(true).await;
}

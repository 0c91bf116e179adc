//! A peer: the obvious way with actix-ws. Every session is in a list, and each post is sent to each with
//! `session.text`. Nagle's algorithm is off, or every figure would have a step of 40 ms.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::{AggregatedMessage, Session};
use futures_util::StreamExt;
use parvis_bench::{door, load};
use tokio::sync::mpsc;

type Sessions = Data<Mutex<Vec<Session>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    load::raise_open_files();
    #[expect(clippy::disallowed_methods, reason = "the obvious way has no bound")]
    let (sender, receiver) = mpsc::unbounded_channel::<Vec<Vec<u8>>>();
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let server = HttpServer::new(move || {
        // One worker, so this runs once: the sessions are broadcast to on the worker that has them.
        let sessions: Sessions = Data::new(Mutex::default());
        if let Some(receiver) = receiver.lock().unwrap_or_else(PoisonError::into_inner).take() {
            actix_web::rt::spawn(broadcast(receiver, sessions.clone()));
        }
        App::new().app_data(sessions).route("/ws", web::get().to(open))
    })
    .workers(1)
    .max_connections(60_000)
    .tcp_nodelay(true)
    .bind("127.0.0.1:0")?;
    let address = server.addrs()[0];
    let door = door::open(move |lines| drop(sender.send(lines.to_vec()))).await?;
    println!(r#"{{"live":"{address}","door":"{door}"}}"#);
    Ok(server.run().await?)
}

async fn broadcast(mut posts: mpsc::UnboundedReceiver<Vec<Vec<u8>>>, sessions: Sessions) {
    while let Some(posts) = posts.recv().await {
        for post in posts {
            let post = String::from_utf8_lossy(&post).into_owned();
            let mut open = sessions.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let mut gone = false;
            for session in &mut open {
                gone |= session.text(post.clone()).await.is_err();
            }
            if gone {
                let mut kept = Vec::new();
                for mut session in open {
                    if session.ping(b"").await.is_ok() {
                        kept.push(session);
                    }
                }
                *sessions.lock().unwrap_or_else(PoisonError::into_inner) = kept;
            }
        }
    }
}

async fn open(request: HttpRequest, body: Payload, sessions: Sessions) -> actix_web::Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&request, body)?;
    sessions.lock().unwrap_or_else(PoisonError::into_inner).push(session.clone());
    let mut messages = messages.aggregate_continuations();
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            match message {
                AggregatedMessage::Ping(bytes) => drop(session.pong(&bytes).await),
                AggregatedMessage::Close(_) => break,
                _ => {}
            }
        }
    });
    Ok(response)
}

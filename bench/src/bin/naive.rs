//! A peer: the obvious way with actix-ws. Every session has a task that takes each post from a broadcast channel and
//! sends it with `session.text`; the text is shared. Nagle's algorithm is off, or every figure would have a step of
//! 40 ms.
//!
//! A loop over a list of sessions is as obvious and weaker: its sessions get one post at a time. With a task for each,
//! the posts that have gathered go into a session's channel of 32 and from there out in one write.

use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::AggregatedMessage;
use bytestring::ByteString;
use futures_util::StreamExt;
use parvis_bench::{door, load};
use tokio::sync::broadcast;

/// Posts that a session may be behind. One that is further behind has lost posts, which ends it.
const BEHIND_MAX: usize = 65_536;

type Posts = Data<broadcast::Sender<ByteString>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    load::raise_open_files();
    let (sender, _) = broadcast::channel(BEHIND_MAX);
    let posts: Posts = Data::new(sender.clone());
    let server = HttpServer::new(move || App::new().app_data(posts.clone()).route("/ws", web::get().to(open)))
        .workers(1)
        .max_connections(60_000)
        .tcp_nodelay(true)
        .bind("127.0.0.1:0")?;
    let address = server.addrs()[0];
    let door = door::open(move |lines| {
        for line in lines {
            // Without a reader nobody misses it.
            _ = sender.send(String::from_utf8_lossy(line).into_owned().into());
        }
    })
    .await?;
    println!(r#"{{"live":"{address}","door":"{door}"}}"#);
    Ok(server.run().await?)
}

async fn open(request: HttpRequest, body: Payload, posts: Posts) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    let mut receiver = posts.subscribe();
    let mut sending = session.clone();
    actix_web::rt::spawn(async move {
        while let Ok(post) = receiver.recv().await {
            if sending.text(post).await.is_err() {
                return;
            }
        }
    });
    let mut answering = session;
    let mut messages = messages.aggregate_continuations();
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            match message {
                AggregatedMessage::Ping(bytes) => drop(answering.pong(&bytes).await),
                AggregatedMessage::Close(_) => break,
                _ => {}
            }
        }
    });
    Ok(response)
}

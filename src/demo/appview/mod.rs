//! A simulator of Bluesky's public AppView: who is who, and which posts still exist.
//!
//! Owns the HTTP answers and the faults that a test orders. Does not own the world it answers from.
//! Invariant: it never tells of an account or a post that the world hides.

mod view;

pub use view::profile;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::serve::{listen, serve};
use super::world::SharedWorld;
use crate::shutdown::Shutdown;

/// The public API's own limit on one request.
const BATCH_LIMIT: usize = 25;

/// A running server; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone, Debug)]
pub struct AppViewSimulator {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    world: SharedWorld,
    orders: Mutex<Orders>,
}

/// What a test has ordered, and what was asked.
#[derive(Debug, Default)]
struct Orders {
    delay: Duration,
    failure: Option<Failure>,
    absent: HashSet<String>,
    requests: u64,
}

/// How every request fails until [`AppViewSimulator::recover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 503.
    Unavailable,
    /// 429, with `Retry-After` in seconds.
    RateLimited { retry_after: u32 },
}

impl AppViewSimulator {
    /// Listens on a free loopback port. Must be called inside a Tokio runtime.
    pub fn start(world: SharedWorld, shutdown: Shutdown) -> std::io::Result<Self> {
        let (listener, address) = listen()?;
        let state = Arc::new(State { world, orders: Mutex::default() });
        let data = web::Data::from(Arc::clone(&state));
        serve(listener, shutdown, move |routes| {
            routes
                .app_data(data.clone())
                .route("/xrpc/app.bsky.actor.getProfiles", web::get().to(get_profiles))
                .route("/xrpc/app.bsky.feed.getPosts", web::get().to(get_posts));
        })?;
        Ok(Self { address, state })
    }

    /// The base as a configuration names it, `http://127.0.0.1:PORT`, to which clients add `/xrpc/…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn world(&self) -> &SharedWorld {
        &self.state.world
    }

    /// Answers every request this much later.
    pub fn delay(&self, delay: Duration) {
        self.state.orders().delay = delay;
    }

    pub fn fail(&self, failure: Failure) {
        self.state.orders().failure = Some(failure);
    }

    /// Ends [`fail`](Self::fail) and [`delay`](Self::delay).
    pub fn recover(&self) {
        let mut orders = self.state.orders();
        (orders.failure, orders.delay) = (None, Duration::ZERO);
    }

    /// Leaves this account out of every answer, or takes it in again.
    pub fn set_absent(&self, did: &str, absent: bool) {
        let mut orders = self.state.orders();
        if absent {
            orders.absent.insert(did.to_owned())
        } else {
            orders.absent.remove(did)
        };
    }

    /// Requests so far, failed ones too.
    pub fn requests(&self) -> u64 {
        self.state.orders().requests
    }
}

impl State {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_absent(&self, did: &str) -> bool {
        self.orders().absent.contains(did)
    }

    /// Carries out what was ordered for this request. The error is the answer.
    async fn obey(&self) -> Result<(), HttpResponse> {
        let (delay, failure) = {
            let mut orders = self.orders();
            orders.requests += 1;
            (orders.delay, orders.failure)
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match failure {
            None => Ok(()),
            Some(Failure::Unavailable) => {
                Err(error(StatusCode::SERVICE_UNAVAILABLE, "UpstreamFailure", "Service Unavailable"))
            }
            Some(Failure::RateLimited { retry_after }) => Err(HttpResponse::TooManyRequests()
                .insert_header(("Retry-After", retry_after.to_string()))
                .json(json!({ "error": "RateLimitExceeded", "message": "Rate Limit Exceeded" }))),
        }
    }
}

async fn get_profiles(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    answer(&request, &state, "actors", "profiles", |actor| {
        let world = state.world.lock();
        let account = world.visible(actor)?;
        (!state.is_absent(&account.persona.did)).then(|| view::profile(account))
    })
    .await
}

async fn get_posts(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    answer(&request, &state, "uris", "posts", |uri| {
        let world = state.world.lock();
        let (post, author) = world.visible_post(uri)?;
        (!state.is_absent(&post.author)).then(|| view::post(post, author))
    })
    .await
}

/// Answers a lookup of several things: what is found, in the order of the request.
async fn answer(
    request: &HttpRequest,
    state: &State,
    parameter: &str,
    field: &str,
    find: impl Fn(&str) -> Option<Value>,
) -> HttpResponse {
    if let Err(failure) = state.obey().await {
        return failure;
    }
    let wanted: Vec<String> = url::form_urlencoded::parse(request.query_string().as_bytes())
        // Both `actors=` and the bracketed form are taken by the real server.
        .filter(|(name, _)| name.trim_end_matches("[]") == parameter)
        .map(|(_, value)| value.into_owned())
        .collect();
    if wanted.is_empty() {
        return invalid(&format!("Error: Params must have the property \"{parameter}\""));
    }
    if wanted.len() > BATCH_LIMIT {
        return invalid(&format!("Error: {parameter} must not have more than {BATCH_LIMIT} elements"));
    }
    let found: Vec<Value> = wanted.iter().filter_map(|one| find(one)).collect();
    HttpResponse::Ok().json(json!({ field: found }))
}

fn invalid(message: &str) -> HttpResponse {
    error(StatusCode::BAD_REQUEST, "InvalidRequest", message)
}

fn error(status: StatusCode, name: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": name, "message": message }))
}

#[cfg(test)]
mod tests;

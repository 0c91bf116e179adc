use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};

use super::address::client_of;
use super::{ApiError, AppState};
use crate::live::{AddressBlock, lock};

/// How often one address may send a form: a few at once, then one every some minutes. A school that leaves together
/// has time; somebody who fills the operator's list has not.
const AT_ONCE: u32 = 10;
const EVERY: Duration = Duration::from_secs(180);
/// Addresses remembered: more than somebody with a whole /48 has. At the bound those that are at rest again are
/// forgotten, and when none is, a new one is refused.
const REMEMBERED_MAX: usize = 100_000;
/// Looking for those at rest goes through all of them.
const FORGET_EVERY: Duration = Duration::from_secs(1);

/// The public forms' limiter; clones are not needed, it is shared by the state.
#[derive(Default)]
pub struct FormLimiter(Mutex<Senders>);

#[derive(Default)]
struct Senders {
    /// When each will be at rest, which every form puts off by [`EVERY`].
    at_rest: HashMap<AddressBlock, Instant>,
    forgot_at: Option<Instant>,
}

impl FormLimiter {
    /// Seconds to wait, when this address has sent enough.
    fn check(&self, block: AddressBlock, now: Instant) -> Result<(), u64> {
        let mut senders = lock(&self.0);
        if !senders.at_rest.contains_key(&block) && !senders.has_room(now) {
            return Err(EVERY.as_secs());
        }
        let at_rest = senders.at_rest.entry(block).or_insert(now);
        let busy = at_rest.saturating_duration_since(now);
        let wait = busy.saturating_sub(EVERY * (AT_ONCE - 1));
        if !wait.is_zero() {
            return Err(wait.as_secs().max(1));
        }
        *at_rest = now + busy + EVERY;
        Ok(())
    }
}

impl Senders {
    fn has_room(&mut self, now: Instant) -> bool {
        let is_full = self.at_rest.len() >= REMEMBERED_MAX;
        let forgot_lately = self.forgot_at.is_some_and(|at| now.saturating_duration_since(at) < FORGET_EVERY);
        if is_full && !forgot_lately {
            self.at_rest.retain(|_, at_rest| *at_rest > now);
            self.forgot_at = Some(now);
        }
        self.at_rest.len() < REMEMBERED_MAX
    }
}

/// Answers 429 to an address that sends forms too often, and 415 to a compressed form: no browser sends one, and the
/// library unfolds a whole chunk of it before it looks at the limit, a thousandfold (H2). Pages and the API are read
/// with GET and never counted.
pub async fn limit_forms(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_api = request.path().starts_with("/api/");
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let answer = match is_api {
            true => ApiError::UnsupportedType("What is sent here is not compressed.").error_response(),
            false => HttpResponse::UnsupportedMediaType().finish(),
        };
        return Ok(request.into_response(answer).map_into_right_body());
    }
    // What is sent to the API is signed, and counted by who signed it; the desk counts failures to sign in.
    let is_desk = request.path().starts_with("/desk/");
    if request.method() == Method::POST
        && !is_api
        && !is_desk
        && let Some(state) = request.app_data::<Data<AppState>>().cloned()
    {
        let client = client_of(request.request(), &state.settings.trusted_proxies);
        if let Err(wait_s) = state.forms.check(client.into(), Instant::now()) {
            let answer = HttpResponse::TooManyRequests()
                .insert_header(("retry-after", wait_s.to_string()))
                .content_type("text/plain; charset=utf-8")
                .body(
                    "Trop de demandes depuis cette adresse ; réessayez plus tard. Too many requests; try again later.",
                );
            return Ok(request.into_response(answer).map_into_right_body());
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_send_ten_forms_at_once_and_others_are_not_held_up() {
        let (limiter, now) = (FormLimiter::default(), Instant::now());
        let block = |last: u8| AddressBlock::from(std::net::IpAddr::from([192, 0, 2, last]));
        for _ in 0..10 {
            assert_eq!(limiter.check(block(1), now), Ok(()));
        }
        assert_eq!(limiter.check(block(1), now), Err(180));
        assert_eq!(limiter.check(block(1), now + Duration::from_millis(179_500)), Err(1));
        assert_eq!(limiter.check(block(2), now), Ok(()));
        assert_eq!(limiter.check(block(1), now + EVERY), Ok(()), "one every three minutes");
        assert!(limiter.check(block(1), now + EVERY).is_err());
    }

    #[test]
    fn h2_more_addresses_than_are_remembered_are_refused_until_others_are_at_rest() {
        let (limiter, now) = (FormLimiter::default(), Instant::now());
        let block = |number: usize| AddressBlock::from(std::net::IpAddr::from(((number as u128) << 64).to_be_bytes()));
        let remembered = || limiter.0.lock().unwrap().at_rest.len();
        for number in 0..REMEMBERED_MAX {
            assert_eq!(limiter.check(block(number), now), Ok(()));
        }
        let later = now + EVERY - FORGET_EVERY;
        let new = block(REMEMBERED_MAX);
        assert_eq!(limiter.check(new, later), Err(180));
        assert_eq!(limiter.check(block(0), later), Ok(()), "who is remembered may go on");
        assert_eq!((limiter.check(new, later), remembered()), (Err(180), REMEMBERED_MAX));
        assert_eq!(limiter.check(new, now + EVERY), Ok(()));
        assert_eq!(remembered(), 2, "the new one, and who came once more");
    }
}

use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::AppState;
use super::address::client_of;
use crate::live::AddressBlock;

/// How often one address may send a form: a few at once, then one every some minutes. A school that leaves together
/// has time; somebody who fills the operator's list has not.
const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const EVERY: Duration = Duration::from_secs(180);
/// Addresses remembered before those that are at rest again are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// The public forms' limiter; clones are not needed, it is shared by the state.
pub struct FormLimiter(RateLimiter<AddressBlock, HashMapStateStore<AddressBlock>, DefaultClock>);

impl Default for FormLimiter {
    fn default() -> Self {
        let quota = Quota::with_period(EVERY).unwrap_or(Quota::per_hour(AT_ONCE)).allow_burst(AT_ONCE);
        Self(RateLimiter::hashmap(quota))
    }
}

impl FormLimiter {
    /// Seconds to wait, when this address has sent enough.
    fn check(&self, block: AddressBlock) -> Result<(), u64> {
        if self.0.len() > REMEMBERED_MAX {
            self.0.retain_recent();
        }
        let clock = DefaultClock::default();
        self.0.check_key(&block).map_err(|refused| refused.wait_time_from(clock.now()).as_secs().max(1))
    }
}

/// Answers 429 to an address that sends forms too often, and 415 to a compressed form: no browser sends one, and the
/// library unfolds a whole chunk of it before it looks at the limit, a thousandfold (H2). Pages and the API are read
/// with GET and never counted.
pub async fn limit_forms(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let answer = HttpResponse::UnsupportedMediaType().finish().map_into_right_body();
        return Ok(request.into_response(answer));
    }
    if request.method() == Method::POST
        && let Some(state) = request.app_data::<Data<AppState>>().cloned()
    {
        let client = client_of(request.request(), &state.settings.trusted_proxies);
        if let Err(wait_s) = state.forms.check(client.into()) {
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
        let limiter = FormLimiter::default();
        let block = |last: u8| AddressBlock::from(std::net::IpAddr::from([192, 0, 2, last]));
        for _ in 0..10 {
            assert_eq!(limiter.check(block(1)), Ok(()));
        }
        assert!(limiter.check(block(1)).is_err_and(|wait_s| (1..=180).contains(&wait_s)));
        assert_eq!(limiter.check(block(2)), Ok(()));
    }
}

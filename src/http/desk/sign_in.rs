use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::gate::{Asked, refused_page, to, to_with};
use super::pages::{CodePage, Refused, SignInPage, render_code, render_desks, render_sign_in};
use super::state::{DeskState, Officer};
use crate::desk::{SessionToken, Tried, enrolment_uri, step_of};
use crate::domain::{Actor, Role, StaffName, StaffUser, StaffWrite, StoreError};
use crate::http::address::client_of;
use crate::live::{AddressBlock, lock};

/// Why somebody was not let in. The same for a name that there is and one that there is not (A1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    Wrong,
    /// Seconds until the next try.
    Wait(i64),
    Busy,
    /// A code that is not the one, or was used already.
    WrongCode,
}

/// `GET /desk`: the page to sign in, or the desks of whoever is.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(signed) = &asked.signed else {
        let body = render_sign_in(&asked, &SignInPage { name: "", problem: None });
        return asked.page(StatusCode::OK, body);
    };
    if !signed.session.is_whole {
        return to("/desk/code");
    }
    match signed.session.user.cities().as_slice() {
        [only] => to(&format!("/desk/{}", only.as_str())),
        cities => {
            let cities = cities.iter().filter_map(|city| asked.pages.cities.city(city)).collect::<Vec<_>>();
            asked.page(StatusCode::OK, render_desks(&asked, &cities))
        }
    }
}

/// `POST /desk/sign-in`.
pub async fn sent(asked: Asked) -> HttpResponse {
    match sign_in(&asked).await {
        Ok(answer) => answer,
        Err(problem) => {
            let status = match problem {
                SignInProblem::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
                SignInProblem::Busy => StatusCode::SERVICE_UNAVAILABLE,
                SignInProblem::Wrong | SignInProblem::WrongCode => StatusCode::UNAUTHORIZED,
            };
            // What was typed is shown again: of a name that there is as of one that there is not.
            let typed = asked.field("name").chars().take(64).collect::<String>();
            let body = render_sign_in(&asked, &SignInPage { name: &typed, problem: Some(problem) });
            asked.page(status, body)
        }
    }
}

async fn sign_in(asked: &Asked) -> Result<HttpResponse, SignInProblem> {
    let state = &asked.state;
    let name = StaffName::parse(asked.field("name"));
    let tried = Try::begin(asked, name.as_ref())?;
    let busy = || {
        tried.take_back(state);
        SignInProblem::Busy
    };
    let user = match &name {
        Some(name) => state.staff.user(name).await.map_err(|_unreadable| busy())?,
        None => None,
    };
    let user = user.filter(|user| !user.disabled);
    let kept = user.as_ref().map(|user| user.password.clone());
    let is_right = state.passwords.is_right(asked.field("password").to_owned(), kept).await;
    let is_right = is_right.map_err(|_busy| busy())?;
    let Some(user) = user.filter(|_| is_right) else {
        tracing::warn!(name = name.as_ref().map_or("", StaffName::as_str), "Somebody could not sign in at the desk.");
        return Err(SignInProblem::Wrong);
    };
    tried.take_back(state);
    let is_whole = !user.needs_second_factor();
    if is_whole {
        // Otherwise the failures are forgotten when the second factor is right too.
        lock(&state.names).succeeded(&user.name);
    }
    let token = state.new_token().ok_or(SignInProblem::Busy)?;
    let open = StaffWrite::Open { user: user.id, session: token.hash(), is_whole, is_told: true };
    state.staff.write(actor(&user), open).await.map_err(|_unwritten| SignInProblem::Busy)?;
    // The session that this browser had, if any, is not gone on with (A3).
    if let Some(old) = &asked.signed {
        let _closed = state.staff.write(actor(&user), StaffWrite::Close { session: old.token.hash() }).await;
    }
    let wanted = wanted(asked.field("to"));
    let to = if is_whole { wanted } else { format!("/desk/code?to={}", encoded(&wanted)) };
    Ok(to_with(&to, Some(&token)))
}

/// A try at the desk's door. It is noted before the password is compared, which takes its time: else whatever comes meanwhile
/// would be free (A1).
struct Try<'a> {
    address: (AddressBlock, Tried),
    name: Option<(&'a StaffName, Tried)>,
}

impl<'a> Try<'a> {
    fn begin(asked: &Asked, name: Option<&'a StaffName>) -> Result<Self, SignInProblem> {
        let (state, now) = (&asked.state, asked.context.now);
        let block = client_of(&asked.request, &state.trusted_proxies).into();
        let mut addresses = lock(&state.addresses);
        let tried = addresses.begin(block, now).map_err(SignInProblem::Wait)?;
        let named = name.map(|name| lock(&state.names).begin(name.clone(), now).map(|tried| (name, tried))).transpose();
        if named.is_err() {
            addresses.take_back(&block, tried);
        }
        Ok(Self { address: (block, tried), name: named.map_err(SignInProblem::Wait)? })
    }

    fn take_back(&self, state: &DeskState) {
        let (block, tried) = self.address;
        lock(&state.addresses).take_back(&block, tried);
        if let Some((name, tried)) = self.name {
            lock(&state.names).take_back(name, tried);
        }
    }
}

/// `POST /desk/try`: one click, in a demonstration. A server has no officers, and then there is nothing here.
pub async fn tried(asked: Asked) -> HttpResponse {
    let role = Role::parse(asked.field("role"));
    let officer = asked.state.officers.iter().find(|officer| Some(officer.role) == role);
    let Some(officer) = officer else { return refused_page(&asked.context, Refused::NotFound) };
    match open_whole(&asked, officer).await {
        Some(token) => to_with(&wanted(asked.field("to")), Some(&token)),
        None => refused_page(&asked.context, Refused::TryLater),
    }
}

async fn open_whole(asked: &Asked, officer: &Officer) -> Option<SessionToken> {
    let user = asked.state.staff.user(&officer.name).await.ok()??;
    let token = asked.state.new_token()?;
    let is_told = asked.state.tried.is_told(officer.role, asked.context.now);
    let open = StaffWrite::Open { user: user.id, session: token.hash(), is_whole: true, is_told };
    asked.state.staff.write(actor(&user), open).await.ok()?;
    Some(token)
}

/// `GET /desk/code`.
pub async fn code_page(asked: Asked) -> HttpResponse {
    shown_code(&asked, None)
}

fn shown_code(asked: &Asked, problem: Option<SignInProblem>) -> HttpResponse {
    let Some(signed) = &asked.signed else { return to("/desk") };
    if signed.session.is_whole {
        return to("/desk");
    }
    let user = &signed.session.user;
    let host = asked.context.settings.public_url.split_once("://").map_or("", |(_, host)| host);
    let secret = user.second.is_none().then(|| signed.token.proposed_secret());
    let uri = secret.map(|secret| enrolment_uri(&secret, host, user.name.as_str()));
    let status = match problem {
        None => StatusCode::OK,
        Some(SignInProblem::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    asked.page(status, render_code(asked, &CodePage { secret, uri, problem }))
}

/// `POST /desk/code`.
pub async fn code_sent(asked: Asked) -> HttpResponse {
    let Some(signed) = asked.signed.clone() else { return to("/desk") };
    if signed.session.is_whole {
        return to("/desk");
    }
    let (state, now) = (&asked.state, asked.context.now);
    let user = &signed.session.user;
    // Codes are guessed as passwords are: the same patience counts for both.
    let tried = lock(&state.names).begin(user.name.clone(), now);
    let tried = match tried {
        Ok(tried) => tried,
        Err(wait_s) => return shown_code(&asked, Some(SignInProblem::Wait(wait_s))),
    };
    let secret = user.second.clone().unwrap_or_else(|| signed.token.proposed_secret().to_vec());
    let Some(step) = step_of(asked.field("code"), &secret, user.second_step, now) else {
        tracing::warn!(name = user.name.as_str(), "A second factor was wrong at the desk.");
        return shown_code(&asked, Some(SignInProblem::WrongCode));
    };
    lock(&state.names).take_back(&user.name, tried);
    let Some(token) = state.new_token() else { return refused_page(&asked.context, Refused::TryLater) };
    let (from, to_hash) = (signed.token.hash(), token.hash());
    let write = match &user.second {
        Some(_) => StaffWrite::GiveSecond { user: user.id, step, from, to: to_hash },
        None => StaffWrite::SetUpSecond { user: user.id, secret, step, from, to: to_hash },
    };
    match state.staff.write(actor(user), write).await {
        Ok(true) => {
            lock(&state.names).succeeded(&user.name);
            to_with(&wanted(asked.field("to")), Some(&token))
        }
        Ok(false) => shown_code(&asked, Some(SignInProblem::WrongCode)),
        Err(StoreError::Unavailable(_)) => to("/desk/code"),
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// `POST /desk/sign-out`.
pub async fn sign_out(asked: Asked) -> HttpResponse {
    if let Some(signed) = &asked.signed {
        let close = StaffWrite::Close { session: signed.token.hash() };
        if asked.state.staff.write(signed.actor(), close).await.is_err() {
            return refused_page(&asked.context, Refused::TryLater);
        }
    }
    to_with("/desk", None)
}

fn actor(user: &StaffUser) -> Actor {
    Actor(user.name.as_str().to_owned())
}

/// Where somebody wanted to go: an address of the desk, or the desk itself.
fn wanted(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    let is_ours = path.starts_with("/desk/") && is_plain && !path.contains("//");
    if is_ours { path.to_owned() } else { "/desk".to_owned() }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn signing_in_leads_to_the_desk_and_nowhere_else() {
        assert_eq!(wanted("/desk/nantes/log"), "/desk/nantes/log");
        for elsewhere in
            ["", "https://x.example/", "//x.example", "/desk/../x", "/desk//x.example", "/nantes", "/desk/a?b"]
        {
            assert_eq!(wanted(elsewhere), "/desk", "{elsewhere}");
        }
    }
}

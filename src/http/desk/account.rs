use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, Signed, refused_page, to, to_with};
use super::pages::{Bar, Refused, frame};
use crate::desk::{PASSWORD_CHARS_MIN, PasswordFault, check_new};
use crate::domain::{OwnSession, StaffWrite, Timestamp};
use crate::http::page::{Calendar, Frame, Words};
use crate::live::lock;

/// What came of a form of one's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Changed,
    /// All other sessions, or one.
    Ended,
    EndedOne,
    WrongOld,
    Unfit(PasswordFault),
    Later,
}

#[derive(Template)]
#[template(path = "desk_account.html")]
struct AccountView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    roles: Vec<(String, String)>,
    has_second: bool,
    least: usize,
    sessions: Vec<SessionView>,
    done: Option<String>,
    problem: Option<String>,
}

struct SessionView {
    /// When it was opened, which says nothing of its token.
    number: i64,
    says: String,
    /// What ends it, for whoever does not see beside what it stands.
    end: String,
}

/// `GET /desk/account`.
pub async fn page(asked: Asked) -> HttpResponse {
    let told = match asked.request.query_string() {
        "done=password" => Some(Told::Changed),
        "done=sessions" => Some(Told::Ended),
        "done=session" => Some(Told::EndedOne),
        _ => None,
    };
    shown(&asked, StatusCode::OK, told).await
}

async fn shown(asked: &Asked, status: StatusCode, told: Option<Told>) -> HttpResponse {
    let Some(signed) = &asked.signed else { return to("/desk") };
    let user = &signed.session.user;
    let Ok(sessions) = asked.state.staff.sessions_of(user.id, signed.token.hash()).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let (w, now) = (asked.context.words(), asked.context.now);
    let city = |id| asked.pages.cities.city(id);
    let city_name = |id| city(id).map_or_else(|| id.as_str().to_owned(), |city| city.name.clone());
    // An account has no place of its own: its first desk's time is as good as any.
    let home = user.roles.iter().find_map(|(id, _)| city(id));
    let calendar = Calendar::new(home.as_ref().map_or("UTC", |city| &city.timezone), w);
    let (done, problem) = match told {
        Some(told @ (Told::Changed | Told::Ended | Told::EndedOne)) => (Some(words(told, w)), None),
        told => (None, told.map(|told| words(told, w))),
    };
    let view = AccountView {
        frame: frame(asked, "/account", w.t("desk-account-title")),
        w,
        bar: Bar::new(asked, "/desk/account"),
        token: asked.form_token(),
        roles: user.roles.iter().map(|(id, role)| (city_name(id), w.t(&format!("role-{}", role.as_str())))).collect(),
        has_second: user.second.is_some(),
        least: PASSWORD_CHARS_MIN,
        sessions: sessions
            .into_iter()
            .filter(|session| session.is_live(now))
            .map(|session| session_view(session, &calendar, now, w))
            .collect(),
        done,
        problem,
    };
    asked.page(status, view.render().unwrap_or_default())
}

fn session_view(session: OwnSession, calendar: &Calendar, now: Timestamp, w: Words) -> SessionView {
    let opened = calendar.since(session.opened_at, now);
    let mut says = w.with2("desk-session", "opened", &opened, "seen", &calendar.since(session.seen_at, now));
    for (is_so, more) in [(session.is_this, "desk-session-this"), (!session.is_whole, "desk-session-half")] {
        if is_so {
            says = format!("{says}, {}", w.t(more));
        }
    }
    let end = w.with("desk-session-end-this", "opened", &opened);
    SessionView { number: session.opened_at.as_micros(), says, end }
}

fn words(told: Told, w: Words) -> String {
    match told {
        Told::Changed => w.t("desk-password-changed"),
        Told::Ended => w.t("desk-sessions-ended"),
        Told::EndedOne => w.t("desk-session-ended"),
        Told::WrongOld => w.t("desk-password-wrong-old"),
        Told::Unfit(PasswordFault::TooShort) => w.count("desk-password-short", PASSWORD_CHARS_MIN),
        Told::Unfit(PasswordFault::TooLong) => w.t("desk-password-long"),
        Told::Unfit(PasswordFault::TooPlain) => w.t("desk-password-plain"),
        Told::Later => w.t("desk-busy"),
    }
}

/// `POST /desk/account/password`. Whoever found an open browser does not know the old one.
pub async fn password_sent(asked: Asked) -> HttpResponse {
    let Some(signed) = asked.signed.clone() else { return to("/desk") };
    match change(&asked, &signed).await {
        Ok(()) => to("/desk/account?done=password"),
        Err(Told::Later) => refused_page(&asked.context, Refused::TryLater),
        Err(told) => shown(&asked, StatusCode::UNPROCESSABLE_ENTITY, Some(told)).await,
    }
}

async fn change(asked: &Asked, signed: &Signed) -> Result<(), Told> {
    let (state, now, user) = (&asked.state, asked.context.now, &signed.session.user);
    let tried = lock(&state.names).begin(user.name.clone(), now).map_err(|_wait_s| Told::Later)?;
    let old = asked.field("old").to_owned();
    let is_right = state.passwords.is_right(old, Some(user.password.clone())).await;
    if is_right == Ok(false) {
        return Err(Told::WrongOld);
    }
    lock(&state.names).take_back(&user.name, tried);
    is_right.map_err(|_busy| Told::Later)?;
    let new = asked.field("new").to_owned();
    check_new(&new, user.name.as_str()).map_err(Told::Unfit)?;
    let random = (state.entropy)().ok_or(Told::Later)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(random.get(..16).ok_or(Told::Later)?);
    let password = state.passwords.hash(new, salt).await.map_err(|_busy| Told::Later)?;
    let keep = Some(signed.token.hash());
    let write = StaffWrite::Password { name: user.name.clone(), password, forget_second: false, keep };
    state.staff.write(signed.actor(), write).await.map_err(|_unwritten| Told::Later)?;
    Ok(())
}

/// `POST /desk/account/sessions`.
pub async fn end_others(asked: Asked) -> HttpResponse {
    let Some(signed) = &asked.signed else { return to("/desk") };
    let write = StaffWrite::CloseOthers { user: signed.session.user.id, keep: signed.token.hash() };
    match asked.state.staff.write(signed.actor(), write).await {
        Ok(_) => to("/desk/account?done=sessions"),
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// `POST /desk/account/sessions/{number}`: one of one's own. Of whatever is not, nothing is said.
pub async fn end_one(asked: Asked) -> HttpResponse {
    let Some(signed) = &asked.signed else { return to("/desk") };
    let number = asked.request.match_info().get("number").and_then(|number| number.parse().ok());
    let Some(opened_at) = number.map(Timestamp::from_micros) else {
        return refused_page(&asked.context, Refused::NotFound);
    };
    let write = StaffWrite::CloseOwn { user: signed.session.user.id, opened_at };
    match asked.state.staff.write(signed.actor(), write).await {
        Ok(_) if opened_at == signed.session.opened_at => to_with("/desk", None),
        Ok(_) => to("/desk/account?done=session"),
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::desk::generated;
use crate::domain::{City, CityId, Role, StaffName, StaffUser, StaffWrite};
use crate::http::page::{Frame, Words};
use crate::http::sheet::{Files, Form, Sheet, file, files};

/// What came of a form of the page of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// Name and password of a new account.
    Made(String, String),
    Given,
    Taken,
    BadName,
    BadRole,
    /// The name is an account's that has no role here: its desks are others'.
    Elsewhere,
    /// Nobody takes the last key from themselves.
    Own,
    Later,
}

#[derive(Template)]
#[template(path = "desk_people.html")]
struct PeopleView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    here: String,
    people: Vec<PersonView>,
    roles: Vec<(&'static str, String, String)>,
    typed: String,
    made: Option<(String, String)>,
    done: Option<String>,
    problem: Option<String>,
    files: Files,
}

struct PersonView {
    name: String,
    state: String,
    /// Of each role here: its value, its name, and what the button that takes it says.
    roles: Vec<(&'static str, String, String)>,
}

/// `GET /desk/{city}/people`.
pub async fn page(asked: Asked) -> HttpResponse {
    let told = match asked.request.query_string() {
        "done=given" => Some(Told::Given),
        "done=taken" => Some(Told::Taken),
        _ => None,
    };
    shown(&asked, told).await
}

/// `POST /desk/{city}/people`.
pub async fn given(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    match give(&asked, &city).await {
        Told::Given => to(&format!("/desk/{}/people?done=given", city.id.as_str())),
        Told::Later => refused_page(&asked.context, Refused::TryLater),
        told => shown(&asked, Some(told)).await,
    }
}

async fn give(asked: &Asked, city: &City) -> Told {
    let Some(signed) = &asked.signed else { return Told::Later };
    let Some(name) = StaffName::parse(asked.field("name")) else { return Told::BadName };
    let Some(role) = Role::parse(asked.field("role")) else { return Told::BadRole };
    let staff = &asked.state.staff;
    let roles = vec![(city.id.clone(), role)];
    let Ok(user) = staff.user(&name).await else { return Told::Later };
    if let Some(user) = user {
        if !user.cities().contains(&city.id) && !user.roles.is_empty() {
            return Told::Elsewhere;
        }
        let written = staff.write(signed.actor(), StaffWrite::Grant { name, roles }).await;
        return if written.is_ok() { Told::Given } else { Told::Later };
    }
    let Some((password, hashed)) = new_password(asked).await else { return Told::Later };
    let write = StaffWrite::Add { name: name.clone(), password: hashed, roles };
    match staff.write(signed.actor(), write).await {
        Ok(true) => Told::Made(name.as_str().to_owned(), password),
        Ok(false) | Err(_) => Told::Later,
    }
}

/// A password that is made here, and its hash.
async fn new_password(asked: &Asked) -> Option<(String, String)> {
    let random = (asked.state.entropy)()?;
    let (mut letters, mut salt) = ([0; 13], [0; 16]);
    letters.copy_from_slice(random.get(..13)?);
    salt.copy_from_slice(random.get(16..)?);
    let password = generated(letters);
    let hashed = asked.state.passwords.hash(password.clone(), salt).await.ok()?;
    Some((password, hashed))
}

/// `POST /desk/{city}/people/take`.
pub async fn taken(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let Some(signed) = asked.signed.clone() else { return to("/desk") };
    let (Some(name), Some(role)) = (StaffName::parse(asked.field("name")), Role::parse(asked.field("role"))) else {
        return shown(&asked, Some(Told::BadName)).await;
    };
    if name == signed.session.user.name && role == Role::Administrator {
        return shown(&asked, Some(Told::Own)).await;
    }
    let write = StaffWrite::Revoke { name, roles: vec![(city.id.clone(), role)] };
    match asked.state.staff.write(signed.actor(), write).await {
        Ok(true) => to(&format!("/desk/{}/people?done=taken", city.id.as_str())),
        Ok(false) => shown(&asked, Some(Told::BadName)).await,
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// `GET /desk/{city}/people.csv` and `.json`: a row for each role that somebody has here.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let Ok(users) = asked.state.staff.users_of(&city.id).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let rows = users.iter().flat_map(|user| {
        let roles = user.roles.iter().filter(|(of, _)| *of == city.id);
        roles.map(|(_, role)| [user.name.as_str().into(), role.as_str().into(), state(user).into()])
    });
    let sheet = Sheet { columns: ["name", "role", "state"], rows: rows.collect() };
    file(&city, "people", Form::of(&asked.request), &sheet)
}

async fn shown(asked: &Asked, told: Option<Told>) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    let Ok(users) = asked.state.staff.users_of(&city.id).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let w = asked.context.words();
    let (mut made, mut done, mut problem) = (None, None, None);
    match told {
        Some(Told::Made(name, password)) => made = Some((w.with("people-made", "name", &name), password)),
        Some(Told::Given) => done = Some(w.t("people-given")),
        Some(Told::Taken) => done = Some(w.t("people-taken")),
        Some(Told::BadName) => problem = Some(w.t("people-bad-name")),
        Some(Told::BadRole) => problem = Some(w.t("people-bad-role")),
        Some(Told::Elsewhere) => problem = Some(w.t("people-elsewhere")),
        Some(Told::Own) => problem = Some(w.t("people-own")),
        Some(Told::Later) => problem = Some(w.t("desk-busy")),
        None => {}
    }
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let here = format!("/{}/people", city.id.as_str());
    let view = PeopleView {
        frame: frame(asked, &here, w.t("people-title")),
        w,
        bar: Bar::new(asked, &format!("/desk{here}")),
        token: asked.form_token(),
        here: format!("/desk{here}"),
        people: users.iter().map(|user| person(user, &city.id, w)).collect(),
        roles: Role::ALL
            .map(Role::as_str)
            .map(|role| (role, w.t(&format!("role-{role}")), w.t(&format!("role-does-{role}"))))
            .into(),
        typed: asked.field("name").chars().take(64).collect(),
        made,
        done,
        problem,
        files: files(&format!("/desk{here}"), ""),
    };
    asked.page(status, view.render().unwrap_or_default())
}

/// How somebody signs in: the word of files, and the end of the key of words.
fn state(user: &StaffUser) -> &'static str {
    match (user.disabled, user.second.is_some(), user.needs_second_factor()) {
        (true, ..) => "closed",
        (false, true, _) => "second",
        (false, false, true) => "second-missing",
        (false, false, false) => "password",
    }
}

fn person(user: &StaffUser, city: &CityId, w: Words) -> PersonView {
    let roles = user.roles.iter().filter(|(of, _)| of == city).map(|(_, role)| {
        let name = w.t(&format!("role-{}", role.as_str()));
        let what = w.with2("people-take-what", "role", &name, "name", user.name.as_str());
        (role.as_str(), name, what)
    });
    PersonView {
        name: user.name.as_str().to_owned(),
        state: w.t(&format!("people-{}", state(user))),
        roles: roles.collect(),
    }
}

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, guard};
use futures_util::future::LocalBoxFuture;

use super::gate::{Asked, gate, not_here};
use super::{account, alerts, answers, inbox, log, moderation, notices, now, numbers, people, sign_in, sources, watch};
use crate::domain::Right;

/// Longer forms are refused before they are read.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What somebody needs to be let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: to sign in.
    Nobody,
    /// A password that was right, before the second factor.
    Half,
    /// To be signed in.
    Signed,
    /// A right in the city that the address names.
    Right(Right),
}

/// One address of the desk.
#[derive(Clone, Copy)]
pub struct Route {
    pub path: &'static str,
    /// Sent to with POST: it may change something, and carries a form's token.
    pub sends: bool,
    pub need: Need,
    /// What it is, for the description of the interface.
    pub does: &'static str,
    pub(super) handler: Handler,
}

impl Route {
    /// Under which name looks at it are counted (`domain::register`): what follows the city in its address.
    pub fn page_name(&self) -> String {
        let rest = self.path.strip_prefix("/desk/{city}").unwrap_or(self.path).trim_start_matches('/');
        match rest.split("/{").next() {
            None | Some("") => "now".to_owned(),
            Some(page) => page.to_owned(),
        }
    }
}

pub(super) type Handler = fn(Asked) -> LocalBoxFuture<'static, HttpResponse>;

macro_rules! routes {
    ($($method:ident $path:literal, $need:expr, $does:literal, $handler:path;)*) => {
        &[$(Route {
            path: $path,
            sends: routes!(@sends $method),
            need: $need,
            does: $does,
            handler: |asked| Box::pin($handler(asked)),
        },)*]
    };
    (@sends GET) => { false };
    (@sends POST) => { true };
}

/// Every address of the desk. `openapi.rs` describes them from here, and a test asks each as everybody.
pub const ROUTES: &[Route] = routes! {
    GET "/desk", Need::Nobody, "The page to sign in; the desks of whoever is signed in.", sign_in::page;
    POST "/desk/sign-in", Need::Nobody, "Signs in by name and password.", sign_in::sent;
    POST "/desk/try", Need::Nobody, "Signs in as somebody invented, in a demonstration alone.", sign_in::tried;
    GET "/desk/code", Need::Half, "The page that asks for the second factor, or sets it up.", sign_in::code_page;
    POST "/desk/code", Need::Half, "Gives the second factor, or sets it up.", sign_in::code_sent;
    POST "/desk/sign-out", Need::Signed, "Ends the session.", sign_in::sign_out;
    GET "/desk/account", Need::Signed, "One's own account.", account::page;
    POST "/desk/account/password", Need::Signed, "Changes one's own password.", account::password_sent;
    POST "/desk/account/sessions", Need::Signed, "Ends one's sessions elsewhere.", account::end_others;
    POST "/desk/account/sessions/{number}", Need::Signed, "Ends one of one's own sessions.", account::end_one;
    GET "/desk/{city}", Need::Right(Right::See), "What is to be known now.", now::page;
    GET "/desk/{city}/days.csv", Need::Right(Right::See), "The last days, for a program for tables.", now::export;
    GET "/desk/{city}/days.json", Need::Right(Right::See), "The same for any program.", now::export;
    GET "/desk/{city}/alerts", Need::Right(Right::See), "When more people than usual spoke of the city.", alerts::page;
    GET "/desk/{city}/numbers", Need::Right(Right::See), "What people say, in numbers of five people at least.", numbers::page;
    GET "/desk/{city}/numbers.csv", Need::Right(Right::See), "The same numbers for a program for tables.", numbers::export;
    GET "/desk/{city}/numbers.json", Need::Right(Right::See), "The same numbers for any program.", numbers::export;
    GET "/desk/{city}/watch", Need::Right(Right::See), "The saved searches, each with its purpose.", watch::page;
    POST "/desk/{city}/watch", Need::Right(Right::Publish), "Saves a search, renews it or ends it.", watch::sent;
    GET "/desk/{city}/watch/series", Need::Right(Right::See), "What an open search shows: one value over time. Each look is a run of it.", watch::series;
    GET "/desk/{city}/watch/series.csv", Need::Right(Right::See), "The same for a program for tables; a run too.", watch::export;
    GET "/desk/{city}/watch/series.json", Need::Right(Right::See), "The same for any program; a run too.", watch::export;
    GET "/desk/{city}/answers", Need::Right(Right::See), "How the city answers those who address it.", answers::page;
    GET "/desk/{city}/answers.csv", Need::Right(Right::See), "The same for a program for tables.", answers::export;
    GET "/desk/{city}/answers.json", Need::Right(Right::See), "The same for any program.", answers::export;
    GET "/desk/{city}/sources", Need::Right(Right::See), "How each source does, and what is to be done.", sources::page;
    GET "/desk/{city}/sources.csv", Need::Right(Right::See), "How each source does and what it missed, for a program for tables.", sources::export;
    GET "/desk/{city}/sources.json", Need::Right(Right::See), "The same for any program.", sources::export;
    GET "/desk/{city}/inbox", Need::Right(Right::Inbox), "What is addressed to the city.", inbox::page;
    POST "/desk/{city}/inbox/{post}", Need::Right(Right::Inbox), "Says what is made of a post that is addressed to the city.", inbox::sent;
    GET "/desk/{city}/inbox.csv", Need::Right(Right::Inbox), "What became of it and how long it took, without words and names, for a program for tables.", inbox::export;
    GET "/desk/{city}/inbox.json", Need::Right(Right::Inbox), "The same for any program.", inbox::export;
    GET "/desk/{city}/alerts.csv", Need::Right(Right::See), "The same for a program for tables.", alerts::export;
    GET "/desk/{city}/alerts.json", Need::Right(Right::See), "The same for any program.", alerts::export;
    GET "/desk/{city}/moderation", Need::Right(Right::Moderate), "What waits for a moderator, and what was decided.", moderation::page;
    GET "/desk/{city}/moderation/{post}", Need::Right(Right::Moderate), "A post, and what can be done with it.", moderation::post_page;
    POST "/desk/{city}/moderation/{post}", Need::Right(Right::Moderate), "Takes a measure on a post, or rejects what was complained of.", moderation::decided;
    POST "/desk/{city}/decisions/{number}", Need::Right(Right::Moderate), "Takes a decision back, or answers an appeal against it.", moderation::answered;
    GET "/desk/{city}/decisions.csv", Need::Right(Right::Moderate), "What was decided, for a program for tables.", moderation::export;
    GET "/desk/{city}/decisions.json", Need::Right(Right::Moderate), "The same for any program.", moderation::export;
    POST "/desk/{city}/words", Need::Right(Right::Moderate), "Blocks a word or phrase.", moderation::word_blocked;
    GET "/desk/{city}/notices", Need::Right(Right::Inbox), "The notices that the city writes at its desk.", notices::page;
    POST "/desk/{city}/notices", Need::Right(Right::Inbox), "Writes a notice, to be published.", notices::written;
    POST "/desk/{city}/notices/{number}", Need::Right(Right::Publish), "Publishes a notice, takes it back or throws it away.", notices::decided;
    GET "/desk/{city}/people", Need::Right(Right::Administer), "Who works at this desk.", people::page;
    POST "/desk/{city}/people", Need::Right(Right::Administer), "Makes an account, or gives one a role.", people::given;
    POST "/desk/{city}/people/take", Need::Right(Right::Administer), "Takes a role from an account.", people::taken;
    GET "/desk/{city}/people.csv", Need::Right(Right::Administer), "The same for a program for tables.", people::export;
    GET "/desk/{city}/people.json", Need::Right(Right::Administer), "The same for any program.", people::export;
    GET "/desk/{city}/log", Need::Right(Right::Protect), "What was done at this desk.", log::page;
    GET "/desk/{city}/log.csv", Need::Right(Right::Protect), "The same for a program for tables.", log::export;
    GET "/desk/{city}/log.json", Need::Right(Right::Protect), "The same for any program.", log::export;
};

/// Mounts the desk. To be called before the pages, whose `/{city}` takes any first word.
pub fn configure(config: &mut ServiceConfig) {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let mut resource = web::resource(path).app_data(web::FormConfig::default().limit(FORM_BYTES_MAX));
        for route in ROUTES.iter().filter(|route| route.path == path) {
            let reads = || guard::Any(guard::Get()).or(guard::Head());
            let of_method = if route.sends { web::route().guard(guard::Post()) } else { web::route().guard(reads()) };
            resource = resource
                .route(of_method.to(move |request, state, pages, form| gate(route, request, state, pages, form)));
        }
        config.service(resource.default_service(web::to(|| async { HttpResponse::MethodNotAllowed().finish() })));
    }
    config.service(web::resource("/desk/{rest:.*}").to(not_here));
}

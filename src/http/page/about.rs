use askama::Template;

use crate::config::{ControllerKind, LegalBasis, Purpose};
use crate::domain::{City, InForce, Measure, Role};

use super::{
    address::Address,
    calendar::Calendar,
    context::{PageContext, PageSettings},
    frame::Frame,
    hours::HoursView,
    words::Words,
};

/// What the charter tells of the desk as it is now; `None`: it can't be read.
#[derive(Default)]
pub struct Charter {
    pub offices: Option<Vec<(Role, u64)>>,
    pub in_force: Option<Vec<InForce>>,
}

/// The short charter of the square: who speaks, who moderates, when, and what is decided (S-54, S-58).
pub fn render_about(context: &PageContext, city: &City, charter: &Charter) -> String {
    let w = context.words();
    let frame = frame(context, city, "about", w.with("about-title", "city", &city.name));
    let below = |page| Address::below(city.id.as_str(), page).language(context.carried()).to_string();
    let said = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let count = |in_force: &[InForce], measure: Option<Measure>| -> usize {
        let counted = in_force.iter().filter(|one| measure.is_none_or(|measure| one.measure == measure));
        said(counted.map(|one| one.count).sum())
    };
    AboutView {
        frame,
        w,
        city,
        settings: &context.settings,
        offices: charter.offices.as_ref().map(|offices| {
            let name = |role: &Role| w.t(&format!("role-{}", role.as_str()));
            offices.iter().map(|(role, n)| w.count_with("about-role", said(*n), "role", &name(role))).collect()
        }),
        in_force: charter.in_force.as_ref().map(|in_force| {
            let all = w.count("about-in-force", count(in_force, None));
            match count(in_force, Some(Measure::BlockAuthor)) {
                0 => all,
                blocked => format!("{all} {}", w.count("about-blocked", blocked)),
            }
        }),
        hours: HoursView::new(&city.office_hours, &Calendar::new(&city.timezone, w), context.now, w),
        people: below("people"),
        ask: below("ask"),
        register: below("register"),
        moderation: below("moderation"),
    }
    .render()
    .unwrap_or_default()
}

/// Who answers for the instance, why, and for how long what is kept (L-20, L-23).
pub fn render_privacy(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let frame = frame(context, city, "privacy", w.t("privacy-title"));
    let leave = Address::below(city.id.as_str(), "leave").language(context.carried()).to_string();
    let privacy = &context.settings.privacy;
    let named =
        |group: &str, name: Option<&'static str>| name.map(|name| w.t(&format!("{group}-{name}"))).unwrap_or_default();
    let controller_kind = named("controller", privacy.controller_kind.map(ControllerKind::as_str));
    let purpose = named("purpose", privacy.purpose.map(Purpose::as_str));
    let basis = named("basis", privacy.legal_basis.map(LegalBasis::as_str));
    PrivacyView { frame, w, settings: &context.settings, controller_kind, purpose, basis, leave }
        .render()
        .unwrap_or_default()
}

/// The accessibility statement (L-66).
pub fn render_accessibility(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let frame = frame(context, city, "accessibility", w.t("accessibility-title"));
    AccessibilityView {
        frame,
        w,
        city,
        settings: &context.settings,
        state: w.t(&format!("accessibility-state-{}", context.settings.conformity.as_str())),
    }
    .render()
    .unwrap_or_default()
}

fn frame<'a>(context: &PageContext, city: &'a City, page: &str, title: String) -> Frame<'a> {
    Frame::new(context, Some(city), &Address::below(city.id.as_str(), page), title)
}

#[derive(Template)]
#[template(path = "about.html")]
struct AboutView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    settings: &'a PageSettings,
    /// Each role and how many have it.
    offices: Option<Vec<String>>,
    in_force: Option<String>,
    hours: HoursView,
    people: String,
    ask: String,
    register: String,
    moderation: String,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyView<'a> {
    frame: Frame<'a>,
    w: Words,
    settings: &'a PageSettings,
    controller_kind: String,
    purpose: String,
    basis: String,
    leave: String,
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct AccessibilityView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    settings: &'a PageSettings,
    state: String,
}

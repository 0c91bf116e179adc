use askama::Template;

use crate::config::{ControllerKind, LegalBasis, Purpose};
use crate::domain::City;

use super::{
    address::Address,
    context::{PageContext, PageSettings},
    frame::Frame,
    words::Words,
};

/// The short charter of the square.
pub fn render_about(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let frame = frame(context, city, "about", w.with("about-title", "city", &city.name));
    let below = |page| Address::below(city.id.as_str(), page).language(context.carried()).to_string();
    let (register, moderation) = (below("register"), below("moderation"));
    AboutView { frame, w, city, settings: &context.settings, register, moderation }.render().unwrap_or_default()
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

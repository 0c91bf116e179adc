use askama::Template;

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
    AboutView { frame, w, city, settings: &context.settings }.render().unwrap_or_default()
}

/// Who answers for the instance, why, and for how long what is kept (L-20, L-23).
pub fn render_privacy(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let frame = frame(context, city, "privacy", w.t("privacy-title"));
    let leave = Address::below(city.id.as_str(), "leave").language(context.carried()).to_string();
    let controller_kind =
        context.settings.privacy.kind.map(|kind| w.t(&format!("controller-{}", kind.as_str()))).unwrap_or_default();
    PrivacyView { frame, w, settings: &context.settings, controller_kind, leave }.render().unwrap_or_default()
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
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyView<'a> {
    frame: Frame<'a>,
    w: Words,
    settings: &'a PageSettings,
    controller_kind: String,
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

use std::sync::Arc;

use askama::Template;

use crate::domain::{City, Timestamp};

use super::{address::Address, calendar::Calendar, context::PageContext, frame::Frame, outline::Outline, words::Words};

/// What the front page says of one city.
pub struct CityGlance {
    pub city: Arc<City>,
    /// [`crate::domain::FeedLog::recent_times`] over the last 28 days.
    pub times: Vec<Timestamp>,
}

pub fn render_cities(context: &PageContext, cities: &[CityGlance]) -> String {
    let w = context.words();
    let frame = Frame::new(context, None, &Address::home(), w.t("cities-title")).described(w.t("cities-lead"));
    let cities = cities.iter().map(|glance| CityRow::new(glance, context, w)).collect();
    let accessibility = w.t(&format!("foot-accessibility-{}", context.settings.conformity.as_str()));
    CitiesView { frame, w, cities, accessibility }.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "cities.html")]
struct CitiesView<'a> {
    frame: Frame<'a>,
    w: Words,
    cities: Vec<CityRow>,
    /// The law asks for it in words on the front page.
    accessibility: String,
}

struct CityRow {
    name: String,
    href: String,
    outline: Option<Arc<Outline>>,
    happening: String,
}

impl CityRow {
    fn new(glance: &CityGlance, context: &PageContext, w: Words) -> Self {
        let (city, now) = (&glance.city, context.now);
        let within = |days: i64| glance.times.iter().filter(|at| now.seconds_since(**at) < days * 86_400).count();
        let calendar = Calendar::new(&city.timezone, w);
        let happening = match (within(1), within(7), glance.times.first()) {
            (day, _, _) if day >= 3 => w.count("glance-day", day),
            (_, week, _) if week > 0 => w.count("glance-week", week),
            (_, _, Some(last)) => w.with("glance-quiet", "since", &calendar.day(calendar.date(*last))),
            (_, _, None) => w.t("glance-none"),
        };
        Self {
            name: city.name.clone(),
            href: Address::city(city.id.as_str()).language(context.carried()).to_string(),
            outline: context.emblems.of(city),
            happening,
        }
    }
}

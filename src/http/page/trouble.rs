use std::sync::Arc;

use askama::Template;

use crate::domain::City;
use crate::http::near;

use super::{address::Address, context::PageContext, frame::Frame, words::Words};

/// What went wrong, for a page that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 404: no such city; the name as asked for.
    NoCity(String),
    /// 404: the city is there, the page is not.
    NoPage,
    /// 404: the post is not (or no longer) here.
    NoPost,
    /// 404: no such decision, or none that can be contested.
    NoDecision,
    /// 404: nobody's key, or one whose complaint is no longer kept.
    NoComplaint,
    /// 503: the store can't be read now.
    Unavailable,
}

impl Trouble {
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoCity(_) | Self::NoPage | Self::NoPost | Self::NoDecision | Self::NoComplaint => 404,
            Self::Unavailable => 503,
        }
    }

    const fn key(&self) -> &'static str {
        match self {
            Self::NoCity(_) => "no-city",
            Self::NoPage => "no-page",
            Self::NoPost => "no-post",
            Self::NoDecision => "no-decision",
            Self::NoComplaint => "no-complaint",
            Self::Unavailable => "unavailable",
        }
    }
}

/// `cities` are those served, from which near names are offered.
pub fn render_trouble(context: &PageContext, city: Option<&City>, trouble: &Trouble, cities: &[Arc<City>]) -> String {
    let w = context.words();
    let key = trouble.key();
    let near = match trouble {
        Trouble::NoCity(asked) => near_names(asked, cities),
        _ => Vec::new(),
    };
    let here = city.map_or_else(Address::home, |city| Address::city(city.id.as_str()));
    let lead = match trouble {
        Trouble::NoCity(asked) => w.with("trouble-no-city-lead", "asked", &asked.chars().take(60).collect::<String>()),
        _ => w.t(&format!("trouble-{key}-lead")),
    };
    TroubleView {
        frame: Frame::new(context, city, &here, w.t(&format!("trouble-{key}"))).hidden_from_search(),
        w,
        lead,
        near: near
            .into_iter()
            .map(|city| (city.name.clone(), Address::city(city.id.as_str()).language(context.carried()).to_string()))
            .collect(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroubleView<'a> {
    frame: Frame<'a>,
    w: Words,
    lead: String,
    near: Vec<(String, String)>,
}

/// At most three cities that whoever asked may have meant, the nearest first.
fn near_names(asked: &str, cities: &[Arc<City>]) -> Vec<Arc<City>> {
    let slugs = near(asked, cities.iter().map(|city| city.id.as_str()));
    let named = |slug: &String| cities.iter().find(|city| city.id.as_str() == slug).cloned();
    slugs.iter().filter_map(named).take(3).collect()
}

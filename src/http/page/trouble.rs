use std::sync::Arc;

use askama::Template;

use crate::domain::{City, fold_tag};

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
    /// 503: the store can't be read now.
    Unavailable,
}

impl Trouble {
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoCity(_) | Self::NoPage | Self::NoPost => 404,
            Self::Unavailable => 503,
        }
    }

    const fn key(&self) -> &'static str {
        match self {
            Self::NoCity(_) => "no-city",
            Self::NoPage => "no-page",
            Self::NoPost => "no-post",
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

/// At most three cities whose name or slug begins like what was asked for, or differs in at most a third of it.
pub fn near_names(asked: &str, cities: &[Arc<City>]) -> Vec<Arc<City>> {
    let asked = fold_tag(&asked.chars().take(60).collect::<String>());
    if asked.is_empty() {
        return Vec::new();
    }
    let mut near: Vec<(usize, &Arc<City>)> = cities
        .iter()
        .filter_map(|city| {
            let distance = [fold_tag(&city.name), fold_tag(city.id.as_str())]
                .iter()
                .map(|name| {
                    if name.starts_with(&asked) || asked.starts_with(name.as_str()) {
                        0
                    } else {
                        distance(name, &asked)
                    }
                })
                .min()?;
            (distance <= asked.chars().count() / 3).then_some((distance, city))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(3).map(|(_, city)| Arc::clone(city)).collect()
}

/// Levenshtein's distance; both names are at most 60 characters long, so it is cheap.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(60).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(60).enumerate() {
        let mut next = vec![i + 1];
        for ((j, to), above) in b.iter().enumerate().zip(row.iter().skip(1)) {
            let diagonal = row.get(j).copied().unwrap_or(usize::MAX - 1) + usize::from(from != *to);
            let left = next.last().copied().unwrap_or(usize::MAX - 1) + 1;
            next.push(diagonal.min(left).min(above + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        for (a, b, expected) in [("nantes", "nantes", 0), ("nante", "nantes", 1), ("rene", "rennes", 2), ("", "ab", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}

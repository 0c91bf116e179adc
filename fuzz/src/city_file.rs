//! City files: TOML to a city, its pages and its place in the matcher.

use std::sync::Arc;

use parvis::config::CityProblem;
use parvis::http::page::{Language, Outline, PageContext, PageSettings, icon_svg, render_recipe, theme_css};
use parvis::matcher::CitySet;

use super::markup;
use super::town::{self, NOW};

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (city, warnings) = match town::read(data, town::outline().as_bytes()) {
        Ok((city, warnings)) => {
            assert!(warnings.iter().all(|problem| problem.warning), "{warnings:?}");
            (city, warnings)
        }
        Err(problems) => {
            assert!(problems.iter().any(|problem| !problem.warning), "a file is refused for a reason: {problems:?}");
            return placed(text, &problems);
        }
    };
    placed(text, &warnings);
    assert_eq!(city.id.as_str(), "ville");
    assert!(!city.name.trim().is_empty() && city.recipe_hash.len() == 16);
    // The same text is the same city: what decides is not the moment.
    let (again, _) = town::read(data, town::outline().as_bytes()).expect("it was read once");
    assert_eq!(again, city);
    assert!(!theme_css(&city).contains('<') && theme_css(&city).len() < 200);
    let pages = [render_recipe(&context(), &city), icon_svg(&city, Outline::of(&city).as_ref())];
    for html in pages {
        assert!(html.len() <= (1 << 16) + 64 * text.len(), "{} bytes of {}", html.len(), text.len());
        let (shapes, wrong) = markup::document(&html);
        assert!(wrong.is_empty(), "{wrong:?} in {html}");
        let foreign = shapes.iter().find(|(element, _)| !ELEMENTS.contains(&element.as_str()));
        assert!(foreign.is_none(), "{foreign:?} in {html}");
    }
    assert_eq!(CitySet::compile(vec![city]).cities().len(), 1);
}

/// Every problem points into the file.
fn placed(text: &str, problems: &[CityProblem]) {
    let lines = text.lines().count().max(1) + 1;
    for problem in problems {
        assert!((1..=lines).contains(&problem.line) && problem.column >= 1, "{problem}");
        assert!(!problem.reason.is_empty() && !problem.reason.contains('\n'), "{problem}");
    }
}

fn context() -> PageContext {
    let settings = Arc::new(PageSettings { public_url: "https://parvis.example".into(), ..PageSettings::default() });
    PageContext { settings, emblems: Arc::default(), language: Language::default(), language_asked: false, now: NOW }
}

/// What the recipe's page and the emblem are made of.
const ELEMENTS: [&str; 33] = [
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "p", "div", "nav", "ul", "li", "main",
    "h1", "h2", "dl", "dt", "dd", "footer", "svg", "path", "strong", "span", "br", "table", "thead", "tbody", "tr",
    "th", "td", "symbol",
];

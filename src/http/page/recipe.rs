use askama::Template;

use crate::domain::City;

use super::{
    account::account_line, address::Address, card::network_name, context::PageContext, frame::Frame, words::Words,
};

/// What the city asks for, in plain words and whole: a reader can check every decision against it.
pub fn render_recipe(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let here = Address::below(city.id.as_str(), "recipe");
    RecipeView {
        frame: Frame::new(context, Some(city), &here, w.with("recipe-title", "city", &city.name)),
        w,
        city,
        networks: city
            .recipe
            .word_networks
            .iter()
            .map(|network| network_name(*network, w))
            .collect::<Vec<_>>()
            .join(", "),
        together: city.recipe.all_of.iter().map(|tags| join_tags(tags)).collect(),
        accounts: city.recipe.accounts.iter().map(|account| account_line(account, w)).collect(),
        feeds: city.feeds.iter().map(|feed| (&*feed.url, w.t(&format!("lane-{}", feed.lane.to_token())))).collect(),
        senders: city
            .pushes
            .iter()
            .map(|sender| Listed {
                name: sender.name.clone(),
                what: w.t(&format!("official-{}", sender.kind.as_str())),
                accounts: w.t(&format!("lane-{}", sender.lane.to_token())),
            })
            .collect(),
        datasets: city
            .datasets
            .iter()
            .map(|dataset| DatasetLine {
                address: dataset.address(),
                title: &dataset.title,
                lane: w.t(&format!("lane-{}", dataset.lane.to_token())),
                filter: &dataset.filter,
            })
            .collect(),
        officials: city
            .officials
            .iter()
            .map(|official| Listed {
                name: official.name.clone(),
                what: what(&w.t(&format!("official-{}", official.kind.as_str())), &official.group),
                accounts: official
                    .accounts
                    .iter()
                    .map(|account| account_line(account, w))
                    .collect::<Vec<_>>()
                    .join(", "),
            })
            .collect(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "recipe.html")]
struct RecipeView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    networks: String,
    together: Vec<String>,
    accounts: Vec<String>,
    /// Addresses, and in which lane.
    feeds: Vec<(&'a str, String)>,
    /// With the lane in the place of accounts, which they have none of.
    senders: Vec<Listed>,
    datasets: Vec<DatasetLine<'a>>,
    officials: Vec<Listed>,
}

/// Records that are shown, by the page that has them, and the condition under which.
struct DatasetLine<'a> {
    address: String,
    title: &'a str,
    lane: String,
    filter: &'a str,
}

struct Listed {
    name: String,
    what: String,
    accounts: String,
}

/// `institution, métropole`
fn what(kind: &str, group: &str) -> String {
    own_word(kind, group).map_or_else(|| kind.to_owned(), |group| format!("{kind}, {group}"))
}

/// The city's own word for a body, where it says more than its kind.
pub(super) fn own_word<'a>(kind: &str, group: &'a str) -> Option<&'a str> {
    Some(group).filter(|group| !group.is_empty() && !kind.contains(group))
}

fn join_tags(tags: &[String]) -> String {
    tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" + ")
}

use std::io::{BufRead, IsTerminal, Write};

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use crate::domain::Lane;
use crate::ingest::Outbound;
use crate::ingest::sources::feed::{Named, feeds_named};

/// Redirects that are followed to a home page.
const HOPS_MAX: usize = 5;

/// A feed that a town's site names. No lane: its operator has not said that it is wanted.
pub struct Proposed {
    pub feed: Named,
    pub lane: Option<Lane>,
}

/// The feeds that the home page at `site` names.
pub async fn of_site(outbound: &Outbound, site: &str) -> anyhow::Result<Vec<Named>> {
    let mut url = Url::parse(site).or_else(|_| Url::parse(&format!("https://{site}")))?;
    for _hop in 0..=HOPS_MAX {
        let answer = outbound.get(url.clone(), HeaderMap::new()).await?;
        match answer.status {
            200 => return Ok(feeds_named(&String::from_utf8_lossy(&answer.body), &url)),
            300..=399 => {
                let to = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok());
                url = url.join(to.unwrap_or_default())?;
            }
            status => anyhow::bail!("it answers {status}"),
        }
    }
    anyhow::bail!("it redirects without end")
}

/// Asks whoever sits at the terminal which are wanted, and where; where nobody does, none is.
pub fn confirmed(named: Vec<Named>) -> Vec<Proposed> {
    let asks = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let lane = |feed: &Named| if asks { ask(feed, &mut std::io::stdin().lock()) } else { None };
    named.into_iter().map(|feed| Proposed { lane: lane(&feed), feed }).collect()
}

fn ask(feed: &Named, input: &mut impl BufRead) -> Option<Lane> {
    loop {
        println!("{} {}", if feed.title.is_empty() { "A feed:" } else { &feed.title }, feed.url);
        print!("  show it as i (information), p (press), a (agenda), b (blog, association), or n (no)? ");
        // Nobody answers on a closed input: that is a no.
        std::io::stdout().flush().ok()?;
        let mut answer = String::new();
        if input.read_line(&mut answer).ok()? == 0 {
            return None;
        }
        match answer.trim() {
            "i" => return Some(Lane::Info),
            "p" => return Some(Lane::Press),
            "a" => return Some(Lane::Agenda),
            "b" => return Some(Lane::People),
            "n" => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_shown_where_its_operator_says() {
        let feed = Named { url: "https://ville.example/rss".into(), title: "Ville".into() };
        for (answer, lane) in [
            ("i\n", Some(Lane::Info)),
            ("p\n", Some(Lane::Press)),
            ("what?\n\na\n", Some(Lane::Agenda)),
            ("b", Some(Lane::People)),
            ("n\n", None),
            ("", None),
            ("yes\n", None),
        ] {
            assert_eq!(ask(&feed, &mut answer.as_bytes()), lane, "{answer:?}");
        }
    }
}

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use crate::domain::{Lane, fold_tag};
use crate::ingest::Outbound;
use crate::ingest::sources::feed::{Named, feeds_named};

/// Redirects that are followed to a home page.
const HOPS_MAX: usize = 5;

/// A feed that a town's site names, and where it is shown. No lane: nowhere, until its operator says so.
#[derive(Clone, Debug)]
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

/// Where a feed of a town's own site is likely wanted, by what it is called.
pub fn likely_lane(feed: &Named) -> Option<Lane> {
    let name = fold_tag(&format!("{} {}", feed.title, feed.url));
    let says = |any: &[&str]| any.iter().any(|word| name.contains(word));
    if says(&["commentaires", "comments"]) {
        None
    } else if says(&["agenda", "evenement", "manifestations", "sorties", "events"]) {
        Some(Lane::Agenda)
    } else {
        Some(Lane::Info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_proposed_by_what_it_is_called() {
        for (title, path, lane) in [
            ("Actualités", "rss", Some(Lane::Info)),
            ("", "feed/", Some(Lane::Info)),
            ("Agenda de la ville", "rss", Some(Lane::Agenda)),
            ("", "evenements.xml", Some(Lane::Agenda)),
            ("Ville » Flux des commentaires", "comments/feed/", None),
        ] {
            let feed = Named { url: format!("https://ville.example/{path}"), title: title.into() };
            assert_eq!(likely_lane(&feed), lane, "{title} {path}");
        }
    }
}

//! What the demonstration's readers have asked of its moderators, so that their desk can be tried.
//!
//! Owns which of the played posts are reported, hidden and pinned. Does not own what follows: it is asked for as anybody would.
//! Invariant: the demonstration alone calls it, and every word is written by us.

use std::sync::Arc;

use crate::domain::{
    Actor, Card, City, Complained, FeedLog, Filter, FollowKey, Lane, Measure, Moderation, Motive, NewComplaint,
    NewDecision, NotDecided, StoreError, Target, Timestamp,
};
use crate::store::Store;

/// Whom nobody can sign in as, so that whoever tries the desk is another than who decided.
const COLLEAGUE: &str = "camille";
/// Posts that are looked at, the newest.
const LOOKED_AT: usize = 20;
const PINNED_S: i64 = 3 * 86_400;

/// One post is pinned and one hidden, about which its author appeals; one is reported by several, one by notice. Of a square
/// with fewer posts so many as there are.
pub async fn begin(store: &Store, cities: &[Arc<City>], now: Timestamp) -> Result<(), StoreError> {
    for city in cities {
        let people = Filter { lane: Some(Lane::People), ..Filter::default() };
        let page = store.page(&city.id, &people, None, None, LOOKED_AT, true).await?;
        let posts: Vec<&Arc<Card>> = page.cards.iter().filter(|card| card.author.official.is_none()).collect();
        let [reported, noticed, pinned, hidden, ..] = posts.as_slice() else { continue };
        let until = now.plus_seconds(PINNED_S);
        let _pinned = decide(store, city, pinned, Measure::Pin, Motive::Useful, Some(until)).await?;
        let number = decide(store, city, hidden, Measure::Hide, Motive::Unrelated, None).await?;
        let mut complaints = Vec::new();
        for words in ["Le ton me paraît blessant.", ""] {
            complaints.extend(NewComplaint::report(reported.id, Motive::Abuse.as_str(), words));
        }
        let explained = "Je suis la personne dont il est question, et je n’ai pas donné mon accord.";
        let contact = "parent@exemple.fr";
        complaints.extend(NewComplaint::notice(noticed.id, Motive::PrivateLife.as_str(), explained, contact, true));
        if let Ok(number) = number {
            let words = "Mon message parle bien de la ville : c’est la rue où j’habite.";
            complaints.extend(NewComplaint::appeal(hidden.id, number, Motive::Unrelated, words, ""));
        }
        for (sender, complaint) in complaints.into_iter().enumerate() {
            let from = format!("192.0.2.{sender}");
            let key = FollowKey(blake3::hash(format!("{} {from}", city.id.as_str()).as_bytes()).into());
            // On duty, so that nothing is folded before it was looked at.
            let _taken: Complained = store.complain(&city.id, complaint, key, &from, true).await?;
        }
    }
    Ok(())
}

async fn decide(
    store: &Store,
    city: &City,
    card: &Card,
    measure: Measure,
    motive: Motive,
    until: Option<Timestamp>,
) -> Result<Result<i64, NotDecided>, StoreError> {
    let new = NewDecision { measure, target: Target::Post(card.id), motive, until };
    store.decide(&city.id, new, String::new(), Actor(COLLEAGUE.into())).await
}

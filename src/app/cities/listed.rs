use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::mpsc;

use crate::domain::{AccountRef, AccountResolver, AuthorId, AuthorLookup, City, Holders, LookupError, Network};
use crate::matcher::{ListedAccounts, ListedAs};

/// Who the accounts are that the cities list: lasting identities, as the networks last said. Until a network has
/// answered, an account is not listed.
pub struct Listed {
    resolvers: Vec<Arc<dyn AccountResolver>>,
    /// Empty: nobody holds this handle.
    known: HashMap<AccountRef, Vec<AuthorId>>,
}

/// Answers on their way. Ended when every question has been answered or has failed.
pub type Answers = mpsc::Receiver<Answered>;
/// Each account that was answered for, and who holds it.
type Answered = Vec<(AccountRef, Vec<AuthorId>)>;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Listed {
    pub fn new(resolvers: Vec<Arc<dyn AccountResolver>>) -> Self {
        Self { resolvers, known: HashMap::new() }
    }

    /// Asks for accounts of `cities` in the background: for all of them, or for those that no network has answered
    /// for. A network that does not answer is left alone; its accounts stay unknown.
    pub fn ask<'a>(&self, cities: impl IntoIterator<Item = &'a Arc<City>>, again: bool) -> Answers {
        let wanted: BTreeSet<(usize, String)> = cities
            .into_iter()
            .flat_map(|city| accounts(city))
            .filter(|(account, _)| again || !self.known.contains_key(account))
            .filter_map(|(account, _)| Some((self.network_of(account)?, account.handle.clone())))
            .collect();
        let mut by_network: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        wanted.into_iter().for_each(|(network, handle)| by_network.entry(network).or_default().push(handle));
        let (out, answers) = mpsc::channel(4);
        for (network, handles) in by_network {
            if let Some(resolver) = self.resolvers.get(network).cloned() {
                tokio::spawn(ask_network(resolver, handles, out.clone()));
            }
        }
        answers
    }

    /// Takes an answer in. Returns whether it changes who is listed.
    pub fn take(&mut self, answer: Answered) -> bool {
        let mut has_changed = false;
        for (account, holders) in answer {
            has_changed |= self.known.get(&account) != Some(&holders);
            self.known.insert(account, holders);
        }
        has_changed
    }

    /// Waits for answers, and no longer than `patience` in all.
    pub async fn take_within(&mut self, answers: &mut Answers, patience: Duration) {
        let all = async {
            while let Some(answer) = answers.recv().await {
                self.take(answer);
            }
        };
        // What is not here by then comes later.
        let _late = tokio::time::timeout(patience, all).await;
    }

    /// Everybody whom these cities list, as far as it is known.
    pub fn of<'a>(&self, cities: impl IntoIterator<Item = &'a Arc<City>>) -> ListedAccounts {
        let mut listed = ListedAccounts::default();
        for city in cities {
            for (account, listing) in accounts(city) {
                for holder in self.known.get(account).into_iter().flatten() {
                    listed.insert(account.network, holder.clone(), city.id.clone(), listing.clone());
                }
            }
            // A list is who it is by its address: nobody has to be asked.
            for feed in &city.feeds {
                let name = feed.url.split_once("://").map_or(&*feed.url, |(_, rest)| rest);
                let listing = ListedAs { name: name.to_owned(), body: None, lane: Some(feed.lane.clone()) };
                listed.insert(Network::Feed, AuthorId::new(&*feed.url), city.id.clone(), listing);
            }
            // Nor is a sender of signed deliveries: its signature says so. The city's own desk is one too.
            for sender in city.pushes.iter().chain([&city.desk_sender()]) {
                let (name, lane) = (sender.name.clone(), Some(sender.lane.clone()));
                let listing = ListedAs { name: name.clone(), body: Some(name), lane };
                listed.insert(Network::Push, sender.author(&city.id), city.id.clone(), listing);
            }
            for dataset in &city.datasets {
                let (name, body) = (dataset.title.clone(), dataset.body.clone());
                let listing = ListedAs { name, body, lane: Some(dataset.lane.clone()) };
                listed.insert(Network::OpenData, AuthorId::new(dataset.address()), city.id.clone(), listing);
            }
        }
        listed
    }

    /// Whether the networks have answered for every account that a city lists. Those of networks that are not
    /// configured can't be asked for.
    pub fn knows_all(&self, city: &City) -> bool {
        accounts(city).all(|(account, _)| self.known.contains_key(account) || self.network_of(account).is_none())
    }

    /// Forgets the accounts that no city lists any more.
    pub fn keep<'a>(&mut self, cities: impl IntoIterator<Item = &'a Arc<City>>) {
        let listed: HashSet<&AccountRef> =
            cities.into_iter().flat_map(|city| accounts(city)).map(|(at, _)| at).collect();
        self.known.retain(|account, _| listed.contains(account));
    }

    fn network_of(&self, account: &AccountRef) -> Option<usize> {
        self.resolvers.iter().position(|resolver| resolver.network() == account.network)
    }
}

/// Asks one network batch by batch, and no more once it does not answer.
async fn ask_network(resolver: Arc<dyn AccountResolver>, handles: Vec<String>, out: mpsc::Sender<Answered>) {
    let network = resolver.network();
    for batch in handles.chunks(resolver.batch_max().max(1)) {
        let asked = tokio::time::timeout(PATIENCE, resolver.holders(batch.to_vec()));
        let answered = tokio::select! {
            answered = asked => answered,
            () = out.closed() => return,
        };
        let Ok(Ok(found)) = answered else { return };
        let answer = found.into_iter().map(|(handle, holders)| (AccountRef { network, handle }, holders));
        if out.send(answer.collect()).await.is_err() {
            return;
        }
    }
}

/// A network that is asked for profiles also says whose a handle is.
struct ByProfile(Arc<dyn AuthorLookup>);

impl AccountResolver for ByProfile {
    fn network(&self) -> Network {
        self.0.network()
    }

    fn batch_max(&self) -> usize {
        self.0.batch_max()
    }

    fn holders(&self, handles: Vec<String>) -> BoxFuture<'_, Result<Holders, LookupError>> {
        async move {
            let found = self.0.profiles(handles.clone()).await?;
            let holder = |handle: &String| {
                found.iter().find(|profile| {
                    profile.id.as_str() == handle
                        || profile.handle.as_ref().is_some_and(|held| held.to_lowercase() == *handle)
                })
            };
            let answered = handles
                .iter()
                .map(|handle| (handle.clone(), holder(handle).map(|profile| profile.id.clone()).into_iter().collect()));
            Ok(answered.collect())
        }
        .boxed()
    }
}

/// Who says whose a handle is: the networks that are asked for profiles, and others.
pub fn resolvers(
    lookups: &[Arc<dyn AuthorLookup>],
    others: impl IntoIterator<Item = Arc<dyn AccountResolver>>,
) -> Vec<Arc<dyn AccountResolver>> {
    let by_profile = lookups.iter().map(|lookup| Arc::new(ByProfile(lookup.clone())) as Arc<dyn AccountResolver>);
    by_profile.chain(others).collect()
}

/// Every account a city lists. An account of an official body carries the body's name; its other listing adds nothing.
fn accounts(city: &City) -> impl Iterator<Item = (&AccountRef, ListedAs)> {
    let officials = city.officials.iter().flat_map(|official| {
        official.accounts.iter().map(move |account| {
            (account, ListedAs { name: account.handle.clone(), body: Some(official.name.clone()), lane: None })
        })
    });
    let is_official = |account: &&AccountRef| city.officials.iter().any(|official| official.accounts.contains(account));
    let others = city
        .recipe
        .accounts
        .iter()
        .filter(move |account| !is_official(account))
        .map(|account| (account, ListedAs { name: account.handle.clone(), body: None, lane: None }));
    officials.chain(others)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::domain::{AuthorProfile, NativeId, PostCheck};

    /// Knows `<name>.example` as `did:<name>`; hangs on whatever batch holds `slow.example`, and is down when told.
    #[derive(Default)]
    struct Fake {
        is_down: AtomicBool,
        asked: Mutex<Vec<Vec<String>>>,
    }

    impl AuthorLookup for Fake {
        fn network(&self) -> Network {
            Network::Bluesky
        }

        fn batch_max(&self) -> usize {
            2
        }

        fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
            self.asked.lock().unwrap().push(actors.clone());
            if actors.contains(&"slow.example".to_owned()) {
                return futures_util::future::pending().boxed();
            }
            let profile = |handle: String| {
                let id = AuthorId::new(format!("did:{}", handle.strip_suffix(".example")?));
                Some(AuthorProfile {
                    handle: Some(handle.to_uppercase()),
                    ..AuthorProfile::assumed(id, Network::Bluesky)
                })
            };
            let down = LookupError::Unavailable { reason: "down".into(), retry_after_s: None };
            let is_down = self.is_down.load(Ordering::SeqCst);
            let answer = if is_down { Err(down) } else { Ok(actors.into_iter().filter_map(profile).collect()) };
            futures_util::future::ready(answer).boxed()
        }

        fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
            futures_util::future::ready(Ok(Vec::new())).boxed()
        }
    }

    fn city(accounts: &[&str]) -> Arc<City> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ville.toml");
        std::fs::write(&file, format!("name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\naccounts = {accounts:?}\n"))
            .unwrap();
        Arc::new(crate::config::read_city(&file).unwrap().0)
    }

    fn holders(listed: &Listed, city: &Arc<City>, names: &[&str]) -> Vec<bool> {
        let accounts = listed.of([city]);
        let is_listed =
            |name: &&str| accounts.of(Network::Bluesky, &AuthorId::new(format!("did:{name}"))).next().is_some();
        names.iter().map(is_listed).collect()
    }

    async fn all(listed: &mut Listed, city: &Arc<City>, again: bool) {
        let mut answers = listed.ask([city], again);
        listed.take_within(&mut answers, Duration::from_secs(60)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_start_waits_for_no_network_longer_than_it_says_and_keeps_what_came() {
        let fake = Arc::new(Fake::default());
        let lookups: Vec<Arc<dyn AuthorLookup>> = vec![fake.clone()];
        let mut listed = Listed::new(resolvers(&lookups, []));
        let city = city(&["bsky:ana.example", "bsky:bob.example", "bsky:slow.example", "bsky:zoe.example"]);
        let began = tokio::time::Instant::now();
        let mut answers = listed.ask([&city], false);
        listed.take_within(&mut answers, Duration::from_secs(2)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        assert_eq!(holders(&listed, &city, &["ana", "bob", "zoe"]), [true, true, false]);
        assert!(!listed.knows_all(&city));
        // What hangs is given up in the end, and its network left alone.
        assert_eq!(answers.recv().await, None);
        assert_eq!(fake.asked.lock().unwrap().len(), 2);
        assert_eq!(answers_asked(&fake), ["ana.example", "bob.example", "slow.example", "zoe.example"]);
    }

    fn answers_asked(fake: &Fake) -> Vec<String> {
        fake.asked.lock().unwrap().concat()
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_known_stays_known_while_a_network_is_down() {
        let fake = Arc::new(Fake::default());
        let lookups: Vec<Arc<dyn AuthorLookup>> = vec![fake.clone()];
        let mut listed = Listed::new(resolvers(&lookups, []));
        let one = city(&["bsky:ana.example", "bsky:nobody.test", "nostr:somebody"]);
        all(&mut listed, &one, false).await;
        assert!(listed.knows_all(&one), "a network that is not configured can't be asked");
        fake.is_down.store(true, Ordering::SeqCst);
        fake.asked.lock().unwrap().clear();
        let two = city(&["bsky:ana.example", "bsky:bob.example"]);
        all(&mut listed, &two, false).await;
        assert_eq!(answers_asked(&fake), ["bob.example"], "only who is not known is asked for");
        assert_eq!((holders(&listed, &two, &["ana", "bob"]), listed.knows_all(&two)), (vec![true, false], false));
        all(&mut listed, &two, true).await;
        assert_eq!(holders(&listed, &two, &["ana", "bob"]), [true, false]);
        fake.is_down.store(false, Ordering::SeqCst);
        all(&mut listed, &two, false).await;
        assert!(listed.knows_all(&two));
        // A handle that changes hands is no longer the listed account.
        let moved = AccountRef { network: Network::Bluesky, handle: "ana.example".into() };
        assert!(listed.take(vec![(moved.clone(), vec![AuthorId::new("did:eve")])]));
        assert!(!listed.take(vec![(moved, vec![AuthorId::new("did:eve")])]));
        assert_eq!(holders(&listed, &two, &["ana", "eve"]), [false, true]);
        listed.keep([&two]);
        assert!(!listed.knows_all(&one), "what no city lists is forgotten");
    }
}

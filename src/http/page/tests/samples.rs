//! An invented town, invented people, and a feed log in memory.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use geo::{LineString, MultiPolygon, Polygon};

use crate::{
    clock::ManualClock,
    domain::*,
    http::TrustedProxies,
    http::page::{Cities, PageContext, PageSettings, PageState},
};

pub fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-21T15:42:00Z").expect("a date")
}

pub fn square(west: f64, south: f64, side: f64) -> MultiPolygon<f64> {
    let ring = [(0.0, 0.0), (side, 0.0), (side * 1.2, side * 0.6), (side, side), (0.0, side), (0.0, 0.0)];
    let ring: LineString<f64> = ring.iter().map(|(x, y)| (west + x, south + y)).collect();
    MultiPolygon(vec![Polygon::new(ring, Vec::new())])
}

pub fn city() -> City {
    City {
        id: CityId::new("port-fictif"),
        name: "Port-Fictif".into(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: vec!["fr".into()],
        boundary: Some(square(-1.6, 47.2, 0.1)),
        zones: vec![
            Zone {
                name: "Île <aux> Épices".into(),
                boundary: Some(square(-1.58, 47.22, 0.03)),
                below_cell: false,
                places: vec!["quai aux Grues".into()],
            },
            Zone { name: "Le Port".into(), boundary: None, below_cell: true, places: vec!["cale 3".into()] },
        ],
        around: Some(Around { name: "Pays fictif".into(), boundary: None, hashtags: vec!["paysfictif".into()] }),
        recipe: Recipe {
            invite: Some("ParvisPortFictif".into()),
            hashtags: vec!["portfictif".into()],
            words: vec!["Port-Fictif".into()],
            word_networks: vec![Network::Bluesky],
            assembly: vec!["manifportfictif".into()],
            ..Recipe::default()
        },
        recipe_hash: "0123456789abcdef".into(),
        officials: vec![],
        feeds: vec![],
        mastodon: vec![],
        pushes: vec![],
        datasets: vec![],
        participation: None,
        office_hours: Default::default(),
        approve_notices: false,
        on_duty: Default::default(),
        look: Look { accent: "#0f5c46".into(), accent_dark: "#6fc7a3".into() },
        attribution: vec!["Contours inventés, licence ouverte".into()],
    }
}

pub fn card(n: u64, text: &str) -> Card {
    let received_at = now().plus_seconds(-(1_000 - i64::try_from(n).unwrap_or(0)) * 60);
    Card {
        id: PostId::from_u64(n),
        city: CityId::new("port-fictif"),
        position: n,
        network: Network::Bluesky,
        native_id: NativeId::new(format!("at://did:plc:invented{n}/app.bsky.feed.post/{n}")),
        url: Some(format!("https://bsky.app/profile/lea.example/post/{n}")),
        author: CardAuthor {
            id: AuthorId::new("did:plc:lea"),
            handle: Some("lea.example".into()),
            name: Some("Léa Fictive".into()),
            official: None,
        },
        text: text.into(),
        facets: Vec::new(),
        lang: Some("fr".into()),
        created_at: received_at,
        received_at,
        edited_at: None,
        date_corrected: false,
        tags: Vec::new(),
        media: Vec::new(),
        reply_to: None,
        thread: None,
        location: None,
        zone: None,
        zone_from_text: false,
        lane: Lane::People,
        schedule: Schedule::default(),
        expires_at: None,
        sensitive: false,
        automated: false,
        copies: Vec::new(),
        covered: None,
        pinned: false,
        tier: Tier::Public,
        reasons: vec![Reason { rule: Rule::Hashtag, value: "portfictif".into() }],
        recipe: "0123456789abcdef".into(),
    }
}

pub fn context() -> PageContext {
    PageContext {
        settings: Arc::new(PageSettings { public_url: "https://parvis.example".into(), ..PageSettings::default() }),
        emblems: Arc::default(),
        language: super::super::Language::French,
        language_asked: false,
        now: now(),
    }
}

pub fn bluesky(state: SourceState) -> SourceHealth {
    SourceHealth {
        source: SourceId::new("bluesky"),
        network: Network::Bluesky,
        cities: None,
        polled: false,
        state,
        since: now().plus_seconds(-5_520),
        last_event_at: Some(now().plus_seconds(-60)),
        gaps: vec![Gap { from: now().plus_seconds(-90_000), until: now().plus_seconds(-86_000) }],
        detail: "connection reset".into(),
    }
}

pub fn page(cards: Vec<Card>, replies: Vec<Card>) -> Page {
    Page {
        cards: cards.into_iter().map(Arc::new).collect(),
        replies: replies.into_iter().map(Arc::new).collect(),
        head: Head { epoch: Epoch(7), head: Offset(42), floor: Offset(0) },
        next: None,
    }
}

/// Cities and their cards in memory, newest first.
#[derive(Default)]
pub struct Samples {
    pub cities: Vec<Arc<City>>,
    pub cards: Vec<Arc<Card>>,
    pub asked_to_leave: std::sync::Mutex<Vec<(Network, String)>>,
    pub broken: bool,
    /// Newest first.
    pub decisions: Vec<Decision>,
    /// What was sent, from where, and whether anybody was on duty.
    pub complaints: std::sync::Mutex<Vec<(NewComplaint, String, bool)>>,
    /// What becomes of what is sent; it is taken where nothing is said.
    pub complained: Option<Complained>,
    /// What was asked of the town.
    pub asked: Vec<Asked>,
}

impl Cities for Samples {
    fn city(&self, id: &CityId) -> Option<Arc<City>> {
        self.cities.iter().find(|city| city.id == *id).cloned()
    }

    fn all(&self) -> Vec<Arc<City>> {
        self.cities.clone()
    }
}

impl Samples {
    fn of(&self, city: &CityId) -> impl Iterator<Item = &Arc<Card>> {
        self.cards.iter().filter(move |card| card.city == *city)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.broken { Err(StoreError::Unavailable("disk full".into())) } else { Ok(()) }
    }
}

impl FeedLog for Samples {
    fn head<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Head, StoreError>> {
        Box::pin(async { Ok(page(vec![], vec![]).head) })
    }

    fn entries<'a>(&'a self, _: &'a CityId, _: Offset, _: usize) -> BoxFuture<'a, Result<Vec<FeedEntry>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn page<'a>(
        &'a self,
        city: &'a CityId,
        filter: &'a Filter,
        _: Option<&'a str>,
        before: Option<u64>,
        limit: usize,
        _: bool,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(async move {
            self.check()?;
            let mut roots: Vec<Arc<Card>> = self
                .of(city)
                .filter(|card| card.thread.is_none() && filter.admits(card))
                .filter(|card| before.is_none_or(|before| card.position < before))
                .cloned()
                .collect();
            let more = roots.len() > limit;
            roots.truncate(limit);
            let mut replies: Vec<Arc<Card>> =
                self.of(city).filter(|card| roots.iter().any(|root| Some(root.id) == card.thread)).cloned().collect();
            replies.reverse();
            let next = more.then(|| roots.last().map(|card| card.position)).flatten();
            Ok(Page { cards: roots, replies, next, ..page(vec![], vec![]) })
        })
    }

    fn card<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<Arc<Card>>, StoreError>> {
        Box::pin(async move {
            self.check()?;
            Ok(self.of(city).find(|card| card.id == post).cloned())
        })
    }

    fn recent_times<'a>(
        &'a self,
        city: &'a CityId,
        since: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Timestamp>, StoreError>> {
        Box::pin(async move {
            self.check()?;
            Ok(self.of(city).map(|card| card.received_at).filter(|at| *at >= since).take(limit).collect())
        })
    }

    fn volumes<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Volume>, StoreError>> {
        Box::pin(async move {
            self.check()?;
            let last_at = self.of(city).map(|card| card.received_at).max().unwrap_or_else(now);
            Ok(vec![Volume { network: Network::Bluesky, site: None, posts: self.of(city).count(), last_at }])
        })
    }

    fn announced<'a>(
        &'a self,
        city: &'a CityId,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Announced, StoreError>> {
        let of = move |lane: Lane| -> Vec<Arc<Card>> {
            let is_on = |card: &&Arc<Card>| card.lane == lane && card.expires_at.is_some_and(|end| end > now);
            self.of(city).filter(is_on).take(limit).cloned().collect()
        };
        Box::pin(async move { Ok(Announced { notices: of(Lane::Info), events: of(Lane::Agenda) }) })
    }

    fn pinned<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Arc<Card>>, StoreError>> {
        Box::pin(async move {
            self.check()?;
            Ok(self.of(city).filter(|card| card.pinned).cloned().collect())
        })
    }

    fn ask_to_leave<'a>(
        &'a self,
        _: &'a CityId,
        network: Network,
        handle: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.check()?;
            self.asked_to_leave.lock().expect("no panic elsewhere").push((network, handle.to_owned()));
            Ok(())
        })
    }
}

/// The decisions in `decisions`, each on its own post alone; complaints are noted and stay open.
impl Moderation for Samples {
    fn queue<'a>(&'a self, _: &'a CityId, _: i64, _: usize) -> BoxFuture<'a, Result<Vec<Queued>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn waiting<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Waiting, StoreError>> {
        Box::pin(async { Ok(Waiting::default()) })
    }

    fn moderated<'a>(&'a self, _: &'a CityId, _: PostId) -> BoxFuture<'a, Result<Option<ModeratedPost>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn post_at<'a>(&'a self, city: &'a CityId, url: &'a str) -> BoxFuture<'a, Result<Option<PostId>, StoreError>> {
        Box::pin(async move { Ok(self.of(city).find(|card| card.url.as_deref() == Some(url)).map(|card| card.id)) })
    }

    fn decisions<'a>(
        &'a self,
        _: &'a CityId,
        query: DecisionQuery,
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        let is_asked = move |decision: &&Decision| query.before.is_none_or(|before| decision.number < before);
        let found = self.decisions.iter().filter(is_asked).take(query.limit).cloned().collect();
        Box::pin(async move { self.check().map(|()| found) })
    }

    fn in_force<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<InForce>, StoreError>> {
        let standing = self.decisions.iter().filter(|decision| decision.ended.is_none());
        let one = standing.map(|decision| InForce { measure: decision.measure, motive: decision.motive, count: 1 });
        let one = one.collect();
        Box::pin(async move { Ok(one) })
    }

    fn decision<'a>(&'a self, _: &'a CityId, number: i64) -> BoxFuture<'a, Result<Option<Decision>, StoreError>> {
        let found = self.decisions.iter().find(|decision| decision.number == number).cloned();
        Box::pin(async move { self.check().map(|()| found) })
    }

    fn decisions_on<'a>(&'a self, _: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        let found = self.decisions.iter().filter(|decision| decision.post == Some(post)).cloned().collect();
        Box::pin(async move { self.check().map(|()| found) })
    }

    fn decide<'a>(
        &'a self,
        _: &'a CityId,
        _: NewDecision,
        _: String,
        _: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>> {
        Box::pin(async { Ok(Err(NotDecided::NotFound)) })
    }

    fn lift<'a>(
        &'a self,
        _: &'a CityId,
        _: i64,
        _: Ending,
        _: String,
        _: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>> {
        Box::pin(async { Ok(Err(NotDecided::NotFound)) })
    }

    fn reject<'a>(&'a self, _: &'a CityId, _: i64, _: String, _: Actor) -> BoxFuture<'a, Result<Decided, StoreError>> {
        Box::pin(async { Ok(Err(NotDecided::NotFound)) })
    }

    fn complaints<'a>(&'a self, _: &'a CityId, _: usize, _: usize) -> BoxFuture<'a, Result<ComplaintPage, StoreError>> {
        Box::pin(async { Ok(ComplaintPage::default()) })
    }

    fn complain<'a>(
        &'a self,
        _: &'a CityId,
        new: NewComplaint,
        _: FollowKey,
        from: &'a str,
        on_duty: bool,
    ) -> BoxFuture<'a, Result<Complained, StoreError>> {
        Box::pin(async move {
            self.check()?;
            self.complaints.lock().expect("no panic elsewhere").push((new, from.to_owned(), on_duty));
            Ok(self.complained.unwrap_or(Complained::Taken))
        })
    }

    fn followed<'a>(&'a self, _: &'a CityId, _: FollowKey) -> BoxFuture<'a, Result<Option<Complaint>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

pub fn state(samples: Arc<Samples>, settings: PageSettings) -> PageState {
    PageState {
        log: Arc::<Samples>::clone(&samples),
        register: Arc::<Samples>::clone(&samples),
        moderation: Arc::<Samples>::clone(&samples),
        mentions: Arc::<Samples>::clone(&samples),
        cities: samples,
        trusted_proxies: TrustedProxies::default(),
        entropy: || Some([7; 32]),
        sources: Arc::new(|| vec![bluesky(SourceState::Live)]),
        clock: Arc::new(ManualClock::new(now())),
        settings: Arc::new(settings),
    }
}

/// What was asked; nothing of it in an inbox.
impl MentionDesk for Samples {
    fn mentions<'a>(&'a self, _: &'a CityId, _: MentionQuery) -> BoxFuture<'a, Result<MentionPage, StoreError>> {
        Box::pin(async { Ok(MentionPage::default()) })
    }

    fn mention<'a>(&'a self, _: &'a CityId, _: PostId) -> BoxFuture<'a, Result<Option<MentionItem>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn act<'a>(
        &'a self,
        _: &'a CityId,
        _: PostId,
        _: DeskAct,
        _: StaffName,
    ) -> BoxFuture<'a, Result<DeskAnswer, StoreError>> {
        Box::pin(async { Ok(DeskAnswer::NotFound) })
    }

    fn asked<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>> {
        Box::pin(async { self.check().map(|()| self.asked.clone()) })
    }
}

/// A register in which two searches were saved, one of which has ended.
impl Register for Samples {
    fn watches<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<Watch>, StoreError>> {
        let watch = |number, value: &str, until| Watch {
            number,
            dimension: crate::domain::desk::Dimension::Tag,
            value: value.into(),
            purpose: "Savoir ce qui <gêne> sur la ligne 1".into(),
            role: Role::Publisher,
            since: now().plus_seconds(-86_400),
            until: now().plus_seconds(until),
        };
        Box::pin(async move { self.check().map(|()| vec![watch(2, "tram", 86_400), watch(1, "bus", 0)]) })
    }

    fn watch<'a>(
        &'a self,
        _: &'a CityId,
        _: StaffName,
        _: Role,
        _: WatchAct,
    ) -> BoxFuture<'a, Result<WatchAnswer, StoreError>> {
        Box::pin(async { Ok(WatchAnswer::NotFound) })
    }

    fn looks<'a>(
        &'a self,
        city: &'a CityId,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>> {
        let day = now().plus_seconds(-86_400);
        let look = Looked { city: city.clone(), day, page: "numbers".into(), role: Role::Reader, times: 7 };
        Box::pin(async move { Ok(vec![look]) })
    }

    fn runs<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>> {
        let run = |day: i64, times| Looked {
            city: city.clone(),
            day: now().plus_seconds(day * 86_400),
            page: Looked::at_watch(2),
            role: Role::Reader,
            times,
        };
        let runs = vec![run(0, 1), run(0, 2), run(-1, 1), run(-9, 5)];
        Box::pin(async move { Ok(runs) })
    }

    fn looked(&self, _: Vec<Looked>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn offices<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<(Role, u64)>, StoreError>> {
        Box::pin(async { Ok(vec![(Role::Reader, 3), (Role::Publisher, 1)]) })
    }

    fn log_head<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<AuditHead, StoreError>> {
        Box::pin(async { Ok(AuditHead { number: 12, mac: [0xab; 32] }) })
    }
}

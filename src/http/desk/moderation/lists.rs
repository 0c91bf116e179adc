use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::super::figures::number;
use super::super::gate::{Asked, refused_page, to};
use super::super::pages::{Bar, Refused, frame};
use super::{DecisionView, PostView, base, kind_name};
use crate::domain::{
    Actor, Card, City, Complaint, ComplaintKind, Decision, DecisionQuery, Filter, Measure, ModeratedPost, PostId,
    Standing, StoreError,
};
use crate::http::page::{Calendar, Frame, Words, decisions_sheet, motive_name};
use crate::http::sheet::{Files, Form, file, files};

/// Entries of one page.
const PER_PAGE: usize = 30;
/// Decisions of a file.
const DECISIONS_PER_FILE: usize = 10_000;

/// The lists, in the order in which they are to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Complaints,
    Queue,
    Latest,
    Decisions,
}

impl List {
    const ALL: [Self; 4] = [Self::Complaints, Self::Queue, Self::Latest, Self::Decisions];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Complaints => "complaints",
            Self::Queue => "queue",
            Self::Latest => "latest",
            Self::Decisions => "decisions",
        }
    }
}

#[derive(Template)]
#[template(path = "desk_moderation.html")]
struct ListView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    here: String,
    /// The city's desk.
    desk: String,
    lists: Vec<(String, String, bool)>,
    list: &'static str,
    lead: String,
    empty: Option<String>,
    complaints: Vec<ComplaintView>,
    posts: Vec<PostView>,
    decisions: Vec<DecisionView>,
    more: Option<String>,
    done: Option<String>,
    problem: Option<String>,
    motives: Vec<(&'static str, String)>,
    days: Vec<(String, String)>,
    files: Files,
}

struct ComplaintView {
    is_report: bool,
    number: i64,
    kind: String,
    motive: String,
    when: String,
    words: String,
    contact: Option<String>,
    /// What it is about, where it is still held.
    post: Option<PostView>,
    post_id: String,
    /// What an appeal is against, and whether whoever looks may decide on it.
    decision: Option<DecisionView>,
    may_decide: bool,
}

/// `GET /desk/{city}/moderation`.
pub async fn page(asked: Asked) -> HttpResponse {
    if let Some(address) = asked.query("url") {
        return found(&asked, &address).await;
    }
    let (done, list) = (asked.query("done"), asked.query("list"));
    let list = list.and_then(|list| List::ALL.into_iter().find(|it| it.as_str() == list));
    shown(&asked, list, done.as_deref().and_then(Measure::parse), None).await
}

/// `GET /desk/{city}/decisions.csv` and `.json`: the newest, without posts and words.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let who = |decision: &Decision| decision.by.0.clone();
    match decisions_sheet(&*asked.state.moderation, &city.id, None, DECISIONS_PER_FILE, who).await {
        Ok(sheet) => file(&city, "decisions", Form::of(&asked.request), &sheet),
        Err(_unreadable) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// Leads to the post of an address: on its network, or of its page here.
async fn found(asked: &Asked, address: &str) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    let address = address.trim();
    let token = address.rsplit(['/', '-']).next().unwrap_or_default();
    let token = token.split(['?', '#']).next().unwrap_or_default();
    let post = match asked.state.moderation.post_at(&city.id, address).await {
        Ok(Some(post)) => Some(post),
        Ok(None) => PostId::parse(token),
        Err(_unreadable) => return refused_page(&asked.context, Refused::TryLater),
    };
    match post {
        Some(post) => to(&format!("{}/{}", base(asked), post.token())),
        None => shown(asked, Some(List::Latest), None, Some((StatusCode::NOT_FOUND, "moderation-not-found"))).await,
    }
}

/// The decisions, above which stands why nothing was decided.
pub(super) async fn shown_with(asked: &Asked, code: StatusCode, problem: &str) -> HttpResponse {
    shown(asked, Some(List::Decisions), None, Some((code, problem))).await
}

async fn shown(
    asked: &Asked,
    list: Option<List>,
    done: Option<Measure>,
    problem: Option<(StatusCode, &str)>,
) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    match view(asked, city, list, done, problem.map(|(_, problem)| problem)).await {
        Ok(view) => asked.page(problem.map_or(StatusCode::OK, |(code, _)| code), view.render().unwrap_or_default()),
        Err(_unreadable) => refused_page(&asked.context, Refused::TryLater),
    }
}

async fn view<'a>(
    asked: &'a Asked,
    city: &City,
    list: Option<List>,
    done: Option<Measure>,
    problem: Option<&str>,
) -> Result<ListView<'a>, StoreError> {
    let (w, now) = (asked.context.words(), asked.context.now);
    let calendar = Calendar::new(&city.timezone, w);
    let (moderation, here) = (&asked.state.moderation, base(asked));
    let from = asked.query("from").and_then(|from| from.parse::<i64>().ok());
    let skipped =
        from.filter(|_| list == Some(List::Complaints)).and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
    let open = moderation.complaints(&city.id, skipped, PER_PAGE).await?;
    // Where nobody complains, what waits is looked at first.
    let list = list.unwrap_or(if open.open > 0 { List::Complaints } else { List::Queue });
    let (mut complaints, mut posts, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    let more;
    let next = |from: i64| format!("{here}?list={}&from={from}", list.as_str());
    match list {
        List::Complaints => {
            let reached = skipped.saturating_add(open.complaints.len());
            more = i64::try_from(reached).ok().filter(|_| open.open > reached as u64).map(next);
            for complaint in open.complaints {
                complaints.push(complaint_view(asked, city, complaint, &calendar, w).await?);
            }
        }
        List::Queue => {
            let queued = moderation.queue(&city.id, from.unwrap_or(0), PER_PAGE).await?;
            more = queued.last().filter(|_| queued.len() == PER_PAGE).map(|last| next(last.number));
            posts = queued.into_iter().map(|queued| PostView::new(queued.post, &calendar, now, w)).collect();
        }
        List::Latest => {
            let before = from.and_then(|from| u64::try_from(from).ok());
            let filter = Filter::default();
            let page = asked.pages.log.page(&city.id, &filter, None, before, PER_PAGE, false).await?;
            more = page.next.and_then(|next| i64::try_from(next).ok()).map(next);
            posts = page.cards.iter().map(|card| PostView::new(as_seen(card), &calendar, now, w)).collect();
        }
        List::Decisions => {
            let query = DecisionQuery { before: from, limit: PER_PAGE };
            let found = moderation.decisions(&city.id, query).await?;
            more = found.last().filter(|_| found.len() == PER_PAGE).map(|last| next(last.number));
            decisions = found.into_iter().map(|decision| DecisionView::new(decision, &calendar, now, w)).collect();
        }
    }
    let is_empty = complaints.is_empty() && posts.is_empty() && decisions.is_empty();
    let name = |of: List| w.t(&format!("moderation-{}", of.as_str()));
    Ok(ListView {
        frame: frame(asked, &format!("/{}/moderation", city.id.as_str()), w.t("moderation-title")),
        w,
        bar: Bar::new(asked, &here),
        token: asked.form_token(),
        lists: List::ALL.into_iter().map(|of| (name(of), format!("{here}?list={}", of.as_str()), of == list)).collect(),
        list: list.as_str(),
        lead: w.t(&format!("moderation-lead-{}", list.as_str())),
        empty: is_empty.then(|| w.t(&format!("moderation-empty-{}", list.as_str()))),
        complaints,
        posts,
        decisions,
        more,
        done: done.map(|measure| w.t(&format!("moderation-done-{}", measure.as_str().replace('_', "-")))),
        problem: problem.map(|key| w.t(key)),
        motives: Measure::BlockWord.motives().iter().map(|motive| (motive.as_str(), motive_name(*motive, w))).collect(),
        days: super::post::days(Measure::BlockWord, w),
        files: files(&format!("/desk/{}/decisions", city.id.as_str()), ""),
        desk: format!("/desk/{}", city.id.as_str()),
        here,
    })
}

async fn complaint_view(
    asked: &Asked,
    city: &City,
    complaint: Complaint,
    calendar: &Calendar,
    w: Words,
) -> Result<ComplaintView, StoreError> {
    let now = asked.context.now;
    let post = asked.state.moderation.moderated(&city.id, complaint.post).await?;
    let decision = match complaint.decision {
        Some(number) => asked.state.moderation.decision(&city.id, number).await?,
        None => None,
    };
    let own = asked.signed.as_ref().map_or_else(Actor::automatic, super::super::gate::Signed::actor);
    Ok(ComplaintView {
        number: complaint.number,
        kind: kind_name(complaint.kind, w),
        motive: motive_name(complaint.motive, w),
        when: calendar.since(complaint.at, now),
        words: complaint.words,
        contact: complaint.contact,
        post: post.map(|post| PostView::new(post, calendar, now, w)),
        post_id: complaint.post.token(),
        is_report: complaint.kind == ComplaintKind::Report,
        may_decide: decision.as_ref().is_none_or(|decision| decision.by != own),
        decision: decision.map(|decision| DecisionView::new(decision, calendar, now, w)),
    })
}

/// What waits for a moderator, for the first page of the desk: complaints and ambiguous posts.
pub async fn in_brief(asked: &Asked, city: &City) -> Option<String> {
    let w = asked.context.words();
    let waiting = asked.state.moderation.waiting(&city.id).await.ok()?;
    let (open, queued) = (number(waiting.complaints), number(waiting.queued));
    Some(format!("{} {}", w.count("moderation-open", open), w.count("moderation-waiting", queued)))
}

fn as_seen(card: &Card) -> ModeratedPost {
    ModeratedPost {
        post: card.id,
        network: card.network,
        url: card.url.clone(),
        handle: card.author.handle.clone(),
        name: card.author.name.clone(),
        text: card.text.clone(),
        lang: card.lang.clone(),
        received_at: card.received_at,
        standing: Standing::Shown,
        reasons: card.reasons.clone(),
    }
}

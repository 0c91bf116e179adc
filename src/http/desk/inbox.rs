use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::{
    Answers, City, DeskAct, DeskAnswer, MentionForm, MentionItem, MentionQuery, MentionState, MentionStatus, PostId,
    Right, StaffName, StoreError, Timestamp,
};
use crate::http::handlers::answers::answers_of;
use crate::http::page::{Calendar, Frame, Words, duration, network_name, web_address};
use crate::http::sheet::{Files, Form, Sheet, file, files};

/// In the order in which an item comes to them.
const STATES: [MentionStatus; 5] = [
    MentionStatus::New,
    MentionStatus::Assigned,
    MentionStatus::Answered,
    MentionStatus::AnsweredElsewhere,
    MentionStatus::NoAnswerNeeded,
];

/// Of those that are new, on the first page of the desk, and signs of each.
const BRIEF_ITEMS: usize = 3;
const BRIEF_CHARS: usize = 120;
/// Items on one page; older ones are a link away.
const ITEMS_PER_PAGE: usize = 30;
/// Items of a file, the newest; they are read in parts.
const ITEMS_PER_FILE: usize = 10_000;
const ITEMS_AT_ONCE: usize = 100;

#[derive(Template)]
#[template(path = "desk_inbox.html")]
struct InboxView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    here: String,
    /// Each state: its words, its address, whether it is the one that is shown.
    states: Vec<(String, String, bool)>,
    status: String,
    /// Whom an item can be given to.
    colleagues: Vec<String>,
    items: Vec<ItemView>,
    older: Option<String>,
    promise: String,
    problem: Option<String>,
    files: Files,
}

struct ItemView {
    post: String,
    who: String,
    origin: String,
    asked: String,
    /// How long it has waited in office hours, while it waits.
    waits: Option<String>,
    lang: Option<String>,
    /// `None`: it is read on its network.
    text: Option<String>,
    /// Why there is no text.
    unsaid: &'static str,
    edited: bool,
    href: Option<String>,
    reply: String,
    state: String,
    answer: Option<String>,
    earlier: Option<String>,
    on_page: bool,
    is_open: bool,
    acts: Vec<(&'static str, String)>,
}

/// `GET /desk/{city}/inbox`.
pub async fn page(asked: Asked) -> HttpResponse {
    shown(&asked, None).await
}

/// `GET /desk/{city}/inbox.csv` and `.json`: when something was asked and what became of it, the newest first. Not what was
/// said, by whom, nor where: a file of who addresses the town is nothing to pass on (L-27).
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let (zone, now) = (city.zone(), asked.context.now);
    let row = |item: MentionItem| {
        let mention = item.mention;
        let minutes = |until| Some(city.office_hours.minutes_between(&zone, mention.asked_at, until));
        let taken = match &mention.state {
            MentionState::Answered(answer) => minutes(answer.at),
            MentionState::New | MentionState::Assigned(_) => minutes(now),
            MentionState::AnsweredElsewhere | MentionState::NoAnswerNeeded => None,
        };
        [
            item.number.into(),
            item.network.as_str().into(),
            mention.asked_at.to_rfc3339().into(),
            mention.state.status().as_str().into(),
            mention.since.to_rfc3339().into(),
            taken.into(),
        ]
    };
    let (mut rows, mut before) = (Vec::new(), None);
    while rows.len() < ITEMS_PER_FILE {
        let wanted = MentionQuery { status: None, before, limit: ITEMS_AT_ONCE };
        let Ok(found) = asked.state.mentions.mentions(&city.id, wanted).await else {
            return refused_page(&asked.context, Refused::TryLater);
        };
        rows.extend(found.items.into_iter().map(row));
        before = found.next;
        if before.is_none() {
            break;
        }
    }
    let columns = ["number", "network", "asked_at", "state", "since", "office_minutes"];
    file(&city, "inbox", Form::of(&asked.request), &Sheet { columns, rows })
}

/// `POST /desk/{city}/inbox/{post}`.
pub async fn sent(asked: Asked) -> HttpResponse {
    let (Some(city), Some(signed)) = (asked.city.clone(), asked.signed.clone()) else { return to("/desk") };
    let post = asked.request.match_info().get("post").and_then(PostId::parse);
    let name = signed.session.user.name.clone();
    let act = match asked.field("act") {
        "assign" => Some(DeskAct::Assign(name.clone())),
        "assign_to" => {
            let Ok(colleagues) = colleagues(&asked, &city).await else {
                return refused_page(&asked.context, Refused::TryLater);
            };
            let to = StaffName::parse(asked.field("to")).filter(|to| colleagues.contains(to));
            let Some(to) = to else { return shown(&asked, Some("inbox-no-colleague")).await };
            Some(DeskAct::Assign(to))
        }
        "no_answer_needed" => Some(DeskAct::NoAnswerNeeded),
        "answered_elsewhere" => Some(DeskAct::AnsweredElsewhere),
        "reopen" => Some(DeskAct::Reopen),
        _ => None,
    };
    let (Some(post), Some(act)) = (post, act) else { return refused_page(&asked.context, Refused::NotFound) };
    match asked.state.mentions.act(&city.id, post, act, name).await {
        Ok(DeskAnswer::Done(_)) => {
            // Back to the list that it was done from; the item has moved to another.
            let status = MentionStatus::parse(asked.field("status")).map_or("new", MentionStatus::as_str);
            to(&format!("/desk/{}/inbox?status={status}", city.id.as_str()))
        }
        Ok(DeskAnswer::NotAllowed(_)) => shown(&asked, Some("inbox-not-allowed")).await,
        Ok(DeskAnswer::NotFound) => shown(&asked, Some("inbox-gone")).await,
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// Who else may answer here.
async fn colleagues(asked: &Asked, city: &City) -> Result<Vec<StaffName>, StoreError> {
    let own = asked.signed.as_ref().map(|signed| &signed.session.user.name);
    let mut users = asked.state.staff.users_of(&city.id).await?;
    users.retain(|user| !user.disabled && user.has(&city.id, Right::Inbox) && Some(&user.name) != own);
    Ok(users.into_iter().map(|user| user.name).collect())
}

async fn shown(asked: &Asked, problem: Option<&str>) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let status = asked.query("status").or_else(|| asked.fields.get("status").cloned());
    let status = status.as_deref().and_then(MentionStatus::parse).unwrap_or(MentionStatus::New);
    let before = asked.query("before").and_then(|before| before.parse().ok());
    let wanted = MentionQuery { status: Some(status), before, limit: ITEMS_PER_PAGE };
    let (Ok(found), Ok(answers), Ok(colleagues)) = (
        asked.state.mentions.mentions(&city.id, wanted).await,
        answers_of(&*asked.state.mentions, city, now).await,
        colleagues(asked, city).await,
    ) else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/inbox", city.id.as_str());
    let of_state = |of: MentionStatus| {
        (w.t(&format!("inbox-{}", word(of))), format!("/desk{here}?status={}", of.as_str()), of == status)
    };
    let older = |number| format!("/desk{here}?status={}&before={number}", status.as_str());
    let view = InboxView {
        frame: frame(asked, &here, w.t("inbox-title")),
        w,
        bar: Bar::new(asked, &format!("/desk{here}")),
        token: asked.form_token(),
        here: format!("/desk{here}"),
        states: STATES.map(of_state).into(),
        status: status.as_str().to_owned(),
        colleagues: colleagues.iter().map(|name| name.as_str().to_owned()).collect(),
        items: found.items.into_iter().map(|item| item_view(item, city, &calendar, now, w)).collect(),
        older: found.next.map(older),
        promise: promise(answers, w),
        problem: problem.map(|key| w.t(key)),
        files: files(&format!("/desk{here}"), ""),
    };
    let code = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    asked.page(code, view.render().unwrap_or_default())
}

/// For the first page of the desk.
pub struct InBrief {
    /// How many wait for an answer.
    pub waiting: String,
    /// Who, when, what they say, and in which language.
    pub newest: Vec<(String, String, String, Option<String>)>,
    /// How the city answers.
    pub promise: String,
}

/// The figures are those that are public; they count what an account asked that is away, too.
pub async fn in_brief(asked: &Asked, city: &City) -> Option<InBrief> {
    let (w, now) = (asked.context.words(), asked.context.now);
    let answers = answers_of(&*asked.state.mentions, city, now).await.ok()?;
    let waiting = usize::try_from(answers.asked.saturating_sub(answers.answered)).unwrap_or(usize::MAX);
    let wanted = MentionQuery { status: Some(MentionStatus::New), before: None, limit: BRIEF_ITEMS };
    let found = asked.state.mentions.mentions(&city.id, wanted).await.ok()?;
    let calendar = Calendar::new(&city.timezone, w);
    let brief = |item: MentionItem| {
        let item = item_view(item, city, &calendar, now, w);
        let text = item.text.map_or_else(|| w.t(item.unsaid), |text| shortened(&text));
        (item.who, item.asked, text, item.lang)
    };
    let newest = found.items.into_iter().map(brief).collect();
    Some(InBrief { waiting: w.count("inbox-waiting", waiting), newest, promise: promise(answers, w) })
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(BRIEF_CHARS).collect();
    if short.len() < text.len() {
        short.truncate(short.trim_end().len());
        short.push('…');
    }
    short
}

fn promise(answers: Answers, w: Words) -> String {
    let share = w.with2("inbox-share", "answered", &answers.answered.to_string(), "asked", &answers.asked.to_string());
    let delay = match answers.usual_delay_minutes {
        Some(minutes) => w.with("inbox-delay", "delay", &duration(minutes, w)),
        None => w.t("inbox-delay-unknown"),
    };
    format!("{share} {delay}")
}

const fn word(status: MentionStatus) -> &'static str {
    match status {
        MentionStatus::New => "new",
        MentionStatus::Assigned => "assigned",
        MentionStatus::Answered => "answered",
        MentionStatus::AnsweredElsewhere => "answered-elsewhere",
        MentionStatus::NoAnswerNeeded => "no-answer-needed",
    }
}

fn item_view(item: MentionItem, city: &City, calendar: &Calendar, now: Timestamp, w: Words) -> ItemView {
    let MentionItem { post, network, url, mention, words, on_page, earlier_exchanges, .. } = item;
    let network = network_name(network, w);
    let is_open = matches!(mention.state, MentionState::New | MentionState::Assigned(_));
    let waited = city.office_hours.minutes_between(&city.zone(), mention.asked_at, now);
    let (who, text, lang, edited) = match words {
        Some(words) => {
            let who = words.name.filter(|name| !name.trim().is_empty()).or(words.handle);
            (who.unwrap_or_default(), Some(words.text), words.lang, words.edited_at.is_some())
        }
        None => (w.t("inbox-pointer-who"), None, None, false),
    };
    let acts: &[&str] = match mention.state {
        MentionState::New => &["assign", "answered_elsewhere", "no_answer_needed"],
        MentionState::Assigned(_) => &["answered_elsewhere", "no_answer_needed", "reopen"],
        MentionState::Answered(_) | MentionState::AnsweredElsewhere | MentionState::NoAnswerNeeded => &["reopen"],
    };
    let answer = match &mention.state {
        MentionState::Answered(answer) => answer.url.as_deref().and_then(web_address),
        _ => None,
    };
    ItemView {
        post: post.token(),
        who,
        origin: w.with("inbox-on", "network", &network),
        asked: calendar.since(mention.asked_at, now),
        waits: is_open.then(|| w.with("inbox-waits", "delay", &duration(waited, w))),
        lang,
        text,
        unsaid: if mention.form == MentionForm::Pointer { "inbox-pointer" } else { "inbox-hidden" },
        edited,
        href: url.as_deref().and_then(web_address),
        reply: w.with("inbox-reply", "network", &network),
        state: state_words(&mention.state, mention.since, calendar, now, w),
        answer,
        earlier: (earlier_exchanges > 0)
            .then(|| w.count("inbox-earlier", usize::try_from(earlier_exchanges).unwrap_or(usize::MAX))),
        on_page,
        is_open,
        acts: acts.iter().map(|act| (*act, w.t(&format!("inbox-act-{}", act.replace('_', "-"))))).collect(),
    }
}

fn state_words(state: &MentionState, since: Timestamp, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    let when = calendar.since(since, now);
    match state {
        MentionState::New => String::new(),
        MentionState::Assigned(name) => w.with2("inbox-is-assigned", "name", name.as_str(), "when", &when),
        MentionState::Answered(_) => w.with("inbox-is-answered", "when", &when),
        MentionState::AnsweredElsewhere => w.with("inbox-is-answered-elsewhere", "when", &when),
        MentionState::NoAnswerNeeded => w.with("inbox-is-no-answer-needed", "when", &when),
    }
}

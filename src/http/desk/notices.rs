use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use jiff::civil::DateTime;

use super::gate::{Asked, Signed, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::{
    Actor, City, Notice, NoticeFault, NoticeState, NoticeText, NoticeWrite, Publisher, Right, StoreError, Timestamp,
};
use crate::http::page::{Calendar, Frame, Words};

/// Notices on the page, the newest.
const NOTICES_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "desk_notices.html")]
struct NoticesView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    here: String,
    lead: String,
    notices: Vec<NoticeView>,
    /// What was typed, where it was not taken.
    typed: [String; 4],
    problem: Option<String>,
    done: Option<String>,
}

struct NoticeView {
    number: i64,
    what: String,
    place: String,
    when: String,
    state: String,
    /// What can be done with it by whoever looks.
    acts: Vec<(&'static str, String)>,
    waits_for_another: bool,
}

/// `GET /desk/{city}/notices`.
pub async fn page(asked: Asked) -> HttpResponse {
    let done = asked.query("done").filter(|done| matches!(done.as_str(), "written" | "published" | "withdrawn"));
    shown(&asked, None, done).await
}

/// `POST /desk/{city}/notices`: a draft.
pub async fn written(asked: Asked) -> HttpResponse {
    let (Some(city), Some(by)) = (asked.city.clone(), asked.signed.as_ref().map(Signed::actor)) else {
        return to("/desk");
    };
    let time = |field: &str| read_time(asked.field(field), &city);
    let (Ok(starts_at), Ok(ends_at)) = (time("starts"), time("ends")) else {
        return shown(&asked, Some("notices-bad-time"), None).await;
    };
    let text = NoticeText::new(asked.field("what"), asked.field("place"), starts_at, ends_at, asked.context.now);
    let text = match text {
        Ok(text) => text,
        Err(fault) => return shown(&asked, Some(fault_words(fault)), None).await,
    };
    match asked.state.notices.write_notice(&city.id, NoticeWrite::Draft(text), by).await {
        Ok(_) => to(&format!("/desk/{}/notices?done=written", city.id.as_str())),
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// `POST /desk/{city}/notices/{number}`: publishes, takes back or throws away.
pub async fn decided(asked: Asked) -> HttpResponse {
    let (Some(city), Some(by)) = (asked.city.clone(), asked.signed.as_ref().map(Signed::actor)) else {
        return to("/desk");
    };
    let number = asked.request.match_info().get("number").and_then(|number| number.parse().ok());
    let Some(number) = number else { return refused_page(&asked.context, Refused::NotFound) };
    match decide(&asked, &city, number, by).await {
        Ok(Ok(done)) => to(&format!("/desk/{}/notices?done={done}", city.id.as_str())),
        Ok(Err(problem)) => shown(&asked, Some(problem), None).await,
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// One decision at a time: what another one read may be no more so.
async fn decide(
    asked: &Asked,
    city: &City,
    number: i64,
    by: Actor,
) -> Result<Result<&'static str, &'static str>, StoreError> {
    let state = &asked.state;
    let _turn = state.notices_turn.lock().await;
    let Some(notice) = state.notices.notice(&city.id, number).await? else { return Ok(Err("notices-gone")) };
    let Some(publisher) = &state.publisher else {
        return Err(StoreError::Unavailable("nothing is published here".into()));
    };
    let (write, done) = match asked.field("act") {
        "publish" if notice.may_be_published(&by, city.approve_notices, asked.context.now) => {
            return publish(asked, &**publisher, city, &notice, by).await;
        }
        "withdraw" if notice.state == NoticeState::Published => {
            publisher.withdraw(city, &notice).await?;
            (NoticeWrite::Withdrawn { number }, "withdrawn")
        }
        "discard" if notice.state == NoticeState::Draft => (NoticeWrite::Discard { number }, "discarded"),
        _ => return Ok(Err("notices-not-now")),
    };
    Ok(state.notices.write_notice(&city.id, write, by).await?.map(|_| done).ok_or("notices-gone"))
}

/// In the books first, then on the page: whatever becomes of this process or the answer, what is there can be taken back.
async fn publish(
    asked: &Asked,
    publisher: &dyn Publisher,
    city: &City,
    notice: &Notice,
    by: Actor,
) -> Result<Result<&'static str, &'static str>, StoreError> {
    let (notices, number) = (&asked.state.notices, notice.number);
    let write = |write| notices.write_notice(&city.id, write, by.clone());
    if write(NoticeWrite::Publish { number }).await?.is_none() {
        return Ok(Err("notices-not-now"));
    }
    let (noted, answer) = match publisher.publish(city, notice).await? {
        Ok(post) => (NoticeWrite::Published { number, post }, Ok("published")),
        Err(_excluded) => (NoticeWrite::Refused { number, was: notice.state }, Err("notices-refused")),
    };
    write(noted).await?;
    Ok(answer)
}

/// What a browser's field of date and time sends, in the city's zone; empty: none.
fn read_time(text: &str, city: &City) -> Result<Option<Timestamp>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let time: DateTime = text.parse().or(Err(()))?;
    let zoned = time.to_zoned(city.zone()).or(Err(()))?;
    Ok(Some(Timestamp::from_micros(zoned.timestamp().as_microsecond())))
}

const fn fault_words(fault: NoticeFault) -> &'static str {
    match fault {
        NoticeFault::WhatMissing => "notices-what-missing",
        NoticeFault::TooLong => "notices-too-long",
        NoticeFault::Over => "notices-over",
        NoticeFault::TooFar => "notices-too-far",
    }
}

async fn shown(asked: &Asked, problem: Option<&str>, done: Option<String>) -> HttpResponse {
    let (Some(city), Some(signed)) = (&asked.city, &asked.signed) else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let Ok(found) = asked.state.notices.notices(&city.id, NOTICES_SHOWN).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let calendar = Calendar::new(&city.timezone, w);
    let may_publish = signed.session.user.has(&city.id, Right::Publish);
    let own = signed.actor();
    let here = format!("/{}/notices", city.id.as_str());
    let view = |notice: Notice| {
        let may = notice.may_be_published(&own, city.approve_notices, now);
        let acts: &[&'static str] = match notice.state {
            _ if !may_publish => &[],
            NoticeState::Draft if may => &["publish", "discard"],
            NoticeState::Draft => &["discard"],
            NoticeState::Published if notice.is_over(now) => &[],
            NoticeState::Published => &["withdraw"],
            NoticeState::Withdrawn if may => &["publish"],
            NoticeState::Withdrawn => &[],
        };
        NoticeView {
            number: notice.number,
            waits_for_another: notice.state == NoticeState::Draft && city.approve_notices && notice.by == own,
            when: when(&notice.text, &calendar, w),
            state: state_words(&notice, &calendar, now, w),
            acts: acts.iter().map(|act| (*act, w.t(&format!("notices-act-{act}")))).collect(),
            what: notice.text.what,
            place: notice.text.place,
        }
    };
    let typed = |field: &str| if problem.is_some() { asked.field(field).to_owned() } else { String::new() };
    let page = NoticesView {
        frame: frame(asked, &here, w.t("notices-desk-title")),
        w,
        bar: Bar::new(asked, &format!("/desk{here}")),
        token: asked.form_token(),
        here: format!("/desk{here}"),
        lead: w.with("notices-lead", "name", &city.desk_sender().name),
        notices: found.into_iter().map(view).collect(),
        typed: ["what", "place", "starts", "ends"].map(typed),
        problem: problem.map(|key| w.t(key)),
        done: done.map(|done| w.t(&format!("notices-done-{done}"))),
    };
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    asked.page(code, page.render().unwrap_or_default())
}

fn when(text: &NoticeText, calendar: &Calendar, w: Words) -> String {
    let at = |at: Timestamp| calendar.full(at);
    match (text.starts_at, text.ends_at) {
        (Some(starts), Some(ends)) => w.with2("notices-from-until", "from", &at(starts), "until", &at(ends)),
        (Some(starts), None) => w.with("notices-from", "from", &at(starts)),
        (None, Some(ends)) => w.with("notices-until-end", "until", &at(ends)),
        (None, None) => w.t("notices-a-week"),
    }
}

fn state_words(notice: &Notice, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    let when = calendar.since(notice.at, now);
    let written = w.with2("notices-by", "name", &notice.by.0, "when", &when);
    let is_over = notice.state == NoticeState::Published && notice.is_over(now);
    let state = w.t(&format!("notices-is-{}", if is_over { "over" } else { notice.state.as_str() }));
    match &notice.decided_by {
        Some(by) => format!("{state} ({}), {written}", by.0),
        None => format!("{state}, {written}"),
    }
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::super::gate::{Asked, Signed, refused_page, to};
use super::super::pages::Refused;
use super::{base, lists, post, problem};
use crate::domain::{
    Actor, COMPLAINT_WORDS_CHARS_MAX, CityId, Decided, Ending, Measure, Motive, NewDecision, NotDecided, Phrase,
    PostId, StoreError, Target, Timestamp,
};

/// The longest end that can be asked for, in days.
const DAYS_MAX: i64 = 366;

/// `POST /desk/{city}/moderation/{post}`: takes a measure, or rejects what was complained of.
pub async fn decided(asked: Asked) -> HttpResponse {
    let (Some(city), Some(by)) = (asked.city.clone(), actor(&asked)) else { return to("/desk") };
    let id = asked.request.match_info().get("post").and_then(PostId::parse);
    let Some(id) = id else { return refused_page(&asked.context, Refused::NotFound) };
    let moderation = &asked.state.moderation;
    if asked.field("act") == "reject" {
        let Ok(complaint) = asked.field("complaint").parse() else {
            return refused_page(&asked.context, Refused::NotFound);
        };
        let done = moderation.reject(&city.id, complaint, answer(&asked), by).await;
        return told(&asked, done, &format!("{}?list=complaints", base(&asked)), false).await;
    }
    let Some(measure) = Measure::parse(asked.field("measure")) else {
        return refused_page(&asked.context, Refused::NotFound);
    };
    let new = decision(&asked, measure, Target::Post(id));
    let done = match new {
        Some(new) => moderation.decide(&city.id, new, answer(&asked), by).await,
        None => Ok(Err(NotDecided::Unsound)),
    };
    // Back to the list that it was done from.
    let list = match asked.field("list") {
        list @ ("complaints" | "queue" | "latest") => list,
        _ => "decisions",
    };
    told(&asked, done, &format!("{}?list={list}&done={}", base(&asked), measure.as_str()), true).await
}

/// `POST /desk/{city}/decisions/{number}`: takes a decision back, or answers an appeal against it.
pub async fn answered(asked: Asked) -> HttpResponse {
    let (Some(city), Some(by)) = (asked.city.clone(), actor(&asked)) else { return to("/desk") };
    let number = asked.request.match_info().get("number").and_then(|number| number.parse().ok());
    let Some(number) = number else { return refused_page(&asked.context, Refused::NotFound) };
    let done = match asked.field("act") {
        "lift" => lift(&asked, &city.id, number, Ending::Lifted, by).await,
        "grant" => lift(&asked, &city.id, number, Ending::Appeal, by).await,
        "reject" => match asked.field("complaint").parse() {
            Ok(complaint) => asked.state.moderation.reject(&city.id, complaint, answer(&asked), by).await,
            Err(_) => Ok(Err(NotDecided::NotFound)),
        },
        _ => return refused_page(&asked.context, Refused::NotFound),
    };
    told(&asked, done, &format!("{}?list=decisions", base(&asked)), false).await
}

/// `POST /desk/{city}/words`: blocks a word.
pub async fn word_blocked(asked: Asked) -> HttpResponse {
    let (Some(city), Some(by)) = (asked.city.clone(), actor(&asked)) else { return to("/desk") };
    let phrase = Phrase::parse(asked.field("word"));
    let new = phrase.and_then(|phrase| decision(&asked, Measure::BlockWord, Target::Word(phrase)));
    let done = match new {
        Some(new) => asked.state.moderation.decide(&city.id, new, String::new(), by).await,
        None => return lists::shown_with(&asked, StatusCode::UNPROCESSABLE_ENTITY, "moderation-bad-word").await,
    };
    told(&asked, done, &format!("{}?list=decisions&done=block_word", base(&asked)), false).await
}

async fn lift(asked: &Asked, city: &CityId, number: i64, ending: Ending, by: Actor) -> Result<Decided, StoreError> {
    asked.state.moderation.lift(city, number, ending, answer(asked), by).await
}

fn actor(asked: &Asked) -> Option<Actor> {
    asked.signed.as_ref().map(Signed::actor)
}

/// To whoever complained; what is too long is cut off.
fn answer(asked: &Asked) -> String {
    asked.field("answer").trim().chars().take(COMPLAINT_WORDS_CHARS_MAX).collect()
}

/// `None` of a form that was changed by hand. Where there is one motive it need not be sent.
fn decision(asked: &Asked, measure: Measure, target: Target) -> Option<NewDecision> {
    let motive = match asked.field("motive") {
        "" => measure.motives().first().copied()?,
        motive => Motive::parse(motive)?,
    };
    let until = match asked.field("days") {
        "" => None,
        days => Some(days_later(asked.context.now, days.parse().ok()?)?),
    };
    Some(NewDecision { measure, target, motive, until })
}

fn days_later(now: Timestamp, days: i64) -> Option<Timestamp> {
    (1..=DAYS_MAX).contains(&days).then(|| now.plus_seconds(days * 86_400))
}

/// On to `path` when it was done; else the page that it was sent from, which says why not.
async fn told(asked: &Asked, done: Result<Decided, StoreError>, path: &str, of_post: bool) -> HttpResponse {
    match done {
        Ok(Ok(_)) => to(path),
        Ok(Err(refused)) if of_post && refused != NotDecided::NotFound => {
            post::shown(asked, Some(problem(refused))).await
        }
        Ok(Err(refused)) => lists::shown_with(asked, StatusCode::CONFLICT, problem(refused)).await,
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::super::gate::{Asked, refused_page, to};
use super::super::pages::{Bar, Refused, frame};
use super::{DecisionView, PostView, base};
use crate::domain::{City, Measure, PostId, Standing, StoreError};
use crate::http::page::{Calendar, Frame, Words, motive_name};

/// How long a measure can be chosen to stand; `None`: without an end.
const DAYS: [Option<u16>; 4] = [None, Some(1), Some(7), Some(30)];

#[derive(Template)]
#[template(path = "desk_moderate.html")]
struct ModerateView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    action: String,
    /// Where decisions are answered.
    desk: String,
    post: PostView,
    decisions: Vec<DecisionView>,
    forms: Vec<MeasureForm>,
    problem: Option<String>,
}

/// One measure that can be taken on the post as it stands.
struct MeasureForm {
    measure: &'static str,
    name: String,
    does: String,
    motives: Vec<(&'static str, String)>,
    days: Vec<(String, String)>,
}

/// `GET /desk/{city}/moderation/{post}`.
pub async fn page(asked: Asked) -> HttpResponse {
    shown(&asked, None).await
}

pub(super) async fn shown(asked: &Asked, problem: Option<&str>) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    let post = asked.request.match_info().get("post").and_then(PostId::parse);
    let Some(post) = post else { return refused_page(&asked.context, Refused::NotFound) };
    match view(asked, city, post, problem).await {
        Ok(Some(view)) => {
            let code = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
            asked.page(code, view.render().unwrap_or_default())
        }
        Ok(None) => refused_page(&asked.context, Refused::NotFound),
        Err(_unreadable) => refused_page(&asked.context, Refused::TryLater),
    }
}

async fn view<'a>(
    asked: &'a Asked,
    city: &City,
    id: PostId,
    problem: Option<&str>,
) -> Result<Option<ModerateView<'a>>, StoreError> {
    let (w, now) = (asked.context.words(), asked.context.now);
    let calendar = Calendar::new(&city.timezone, w);
    let Some(post) = asked.state.moderation.moderated(&city.id, id).await? else { return Ok(None) };
    let decisions = asked.state.moderation.decisions_on(&city.id, id).await?;
    let stands = |measure| decisions.iter().any(|it| it.measure == measure && it.is_in_force(now));
    let can_be_taken = |measure: &Measure| {
        let fits = match measure {
            Measure::Admit => post.standing == Standing::Queued,
            Measure::Pin => post.standing == Standing::Shown,
            Measure::Fold => post.standing != Standing::Queued,
            Measure::Hide | Measure::BlockAuthor => true,
            Measure::BlockWord => false,
        };
        fits && !stands(*measure)
    };
    let forms = Measure::ALL.into_iter().filter(can_be_taken).map(|measure| measure_form(measure, w)).collect();
    let action = format!("{}/{}", base(asked), id.token());
    let here = action.strip_prefix("/desk").unwrap_or_default().to_owned();
    Ok(Some(ModerateView {
        frame: frame(asked, &here, w.t("moderation-post-title")),
        w,
        bar: Bar::new(asked, &base(asked)),
        token: asked.form_token(),
        action,
        desk: format!("/desk/{}", city.id.as_str()),
        post: PostView::new(post, &calendar, now, w),
        decisions: decisions.into_iter().map(|decision| DecisionView::new(decision, &calendar, now, w)).collect(),
        forms,
        problem: problem.map(|key| w.t(key)),
    }))
}

fn measure_form(measure: Measure, w: Words) -> MeasureForm {
    let key = measure.as_str().replace('_', "-");
    MeasureForm {
        measure: measure.as_str(),
        name: w.t(&format!("moderation-do-{key}")),
        does: w.t(&format!("moderation-does-{key}")),
        motives: measure.motives().iter().map(|motive| (motive.as_str(), motive_name(*motive, w))).collect(),
        days: days(measure, w),
    }
}

/// How long a measure can be chosen to stand: the field's value, and its words.
pub(super) fn days(measure: Measure, w: Words) -> Vec<(String, String)> {
    let fits = |wanted: &Option<u16>| match measure {
        // What is about the city stays so.
        Measure::Admit => false,
        measure => measure.days_max().is_none_or(|most| wanted.is_some_and(|days| days <= most)),
    };
    let words = |days: Option<u16>| match days {
        None => (String::new(), w.t("moderation-no-end")),
        Some(days) => (days.to_string(), w.count("moderation-days", usize::from(days))),
    };
    DAYS.into_iter().filter(fits).map(words).collect()
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::{ANSWERS_DAYS, Answers};
use crate::http::handlers::answers::answers_of;
use crate::http::page::{Frame, Words, duration};
use crate::http::sheet::{Files, Form, Sheet, file, files};

#[derive(Template)]
#[template(path = "desk_answers.html")]
struct AnswersView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    lead: String,
    rows: [(String, String); 3],
    files: Files,
}

/// `GET /desk/{city}/answers`: the figures that everybody can read.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let w = asked.context.words();
    let Ok(answers) = answers_of(&*asked.state.mentions, &city, asked.context.now).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let Answers { asked: questions, answered, usual_delay_minutes: delay } = answers;
    let here = format!("/{}/answers", city.id.as_str());
    let view = AnswersView {
        frame: frame(&asked, &here, w.t("answers-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        lead: w.count("answers-lead", usize::try_from(ANSWERS_DAYS).unwrap_or_default()),
        rows: [
            (w.t("answers-asked"), questions.to_string()),
            (w.t("answers-answered"), answered.to_string()),
            (w.t("answers-delay"), delay.map_or_else(|| w.t("answers-delay-unknown"), |delay| duration(delay, w))),
        ],
        files: files(&format!("/desk{here}"), ""),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/answers.csv` and `.json`.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let Ok(answers) = answers_of(&*asked.state.mentions, &city, asked.context.now).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let days = u64::try_from(ANSWERS_DAYS).unwrap_or_default();
    let row = [days.into(), answers.asked.into(), answers.answered.into(), answers.usual_delay_minutes.into()];
    let sheet = Sheet { columns: ["days", "asked", "answered", "usual_delay_office_minutes"], rows: vec![row] };
    file(&city, "answers", Form::of(&asked.request), &sheet)
}

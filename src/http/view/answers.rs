use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{ANSWERS_DAYS, Answers, City};

/// How a city answers: of the last days, as numbers and nothing else.
#[derive(Serialize, ToSchema)]
pub struct AnswersView {
    period_days: i64,
    /// Of `asked`, those that were answered, in public or elsewhere.
    answered: u64,
    /// Public posts that addressed an account of the city and asked something.
    asked: u64,
    /// The median time to a public answer, counted in office hours; `null`: too few to tell.
    usual_delay_minutes: Option<u64>,
    /// When the desk is staffed, in the city's time zone, as the city's file has it.
    office_hours: String,
    /// The zone of these hours.
    timezone: String,
}

impl AnswersView {
    pub fn new(city: &City, answers: Answers) -> Self {
        let Answers { asked, answered, usual_delay_minutes } = answers;
        Self {
            period_days: ANSWERS_DAYS,
            answered,
            asked,
            usual_delay_minutes,
            office_hours: city.office_hours.as_str().to_owned(),
            timezone: city.timezone.clone(),
        }
    }
}

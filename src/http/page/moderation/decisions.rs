use crate::domain::{CityId, Decision, DecisionQuery, Moderation, StoreError, Timestamp};
use crate::http::sheet::Sheet;

/// Decisions that are read at once.
const AT_ONCE: usize = 100;

/// Decisions as a table, the newest first, from before a number on: without posts and words. `most`: so many at least, where there
/// are as many, and fewer than a hundred more. `who`: how whoever took one is called.
pub async fn decisions_sheet(
    moderation: &dyn Moderation,
    city: &CityId,
    mut before: Option<i64>,
    most: usize,
    who: fn(&Decision) -> String,
) -> Result<Sheet<8>, StoreError> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339).unwrap_or_default();
    let row = |decision: Decision| {
        let (ending, ended) = decision.ended.map_or(("", None), |(ending, at)| (ending.as_str(), Some(at)));
        [
            u64::try_from(decision.number).unwrap_or_default().into(),
            decision.at.to_rfc3339().into(),
            who(&decision).into(),
            decision.measure.as_str().into(),
            decision.motive.as_str().into(),
            time(decision.until).into(),
            time(ended).into(),
            ending.into(),
        ]
    };
    let mut rows = Vec::new();
    while rows.len() < most {
        let found = moderation.decisions(city, DecisionQuery { before, limit: AT_ONCE }).await?;
        let Some(last) = found.last() else { break };
        before = Some(last.number);
        rows.extend(found.into_iter().map(row));
    }
    Ok(Sheet { columns: ["number", "at", "who", "measure", "motive", "until", "ended_at", "ended"], rows })
}

use futures_util::future::BoxFuture;
use serde_json::json;

use super::spawn;
use crate::domain::{
    Answering, Asked, CityId, DeskAct, DeskAnswer, MentionDesk, MentionItem, MentionPage, MentionQuery, PostId,
    StaffName, StoreError, Timestamp,
};

/// Of Nantes: five public answers of half an hour to two and a half, one open question, one that asked nothing and one from
/// before the period. Of others nothing.
pub struct Inbox;

impl MentionDesk for Inbox {
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

    fn asked<'a>(&'a self, city: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>> {
        let ten = Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let answered = |half_hours: i64| Answering::InPublic(ten.plus_seconds(1_800 * half_hours));
        let mut asked: Vec<Asked> = (1..=5).map(|number| Asked { at: ten, answering: answered(number) }).collect();
        asked.extend([Answering::Open, Answering::NoAnswerNeeded].map(|answering| Asked { at: ten, answering }));
        asked.push(Asked { at: ten.plus_seconds(-60 * 86_400), answering: Answering::Open });
        asked.retain(|_| city.as_str() == "nantes");
        Box::pin(async { Ok(asked) })
    }
}

#[tokio::test]
async fn s51_anybody_can_read_how_a_city_answers() {
    let server = spawn().await;
    let answers = server.json("/api/v1/cities/nantes/answers").await;
    let hours = "mon-fri 09:00-17:00";
    assert_eq!(
        answers,
        json!({"period_days": 30, "answered": 5, "asked": 6, "usual_delay_minutes": 90, "office_hours": hours,
            "timezone": "Europe/Paris"})
    );
    let none = server.json("/api/v1/cities/rennes/answers").await;
    assert_eq!((&none["asked"], &none["usual_delay_minutes"]), (&json!(0), &json!(null)), "too few to tell");
    assert_eq!(server.get("/api/v1/cities/nowhere/answers").await.status(), 404);
}

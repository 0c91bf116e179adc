use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::domain::{Delivery, PostId, PushDesk, PushOutcome, PushRefusal, PushResult, RefuseReason};

/// Takes everything, unless it is told to refuse.
#[derive(Default)]
pub struct Fake {
    refuses: Mutex<Option<PushRefusal>>,
    came: Mutex<Vec<Delivery>>,
}

impl PushDesk for Fake {
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<Vec<PushResult>, PushRefusal>> {
        self.came.lock().unwrap().push(delivery);
        let refusal = self.refuses.lock().unwrap().clone();
        let result = |id: &str, outcome, detail: Option<&str>, post| PushResult {
            id: Some(id.to_owned()),
            outcome,
            detail: detail.map(str::to_owned),
            post,
        };
        let taken = vec![
            result("a", PushOutcome::Admitted, None, Some(PostId::from_u64(1))),
            result("b", PushOutcome::Outdated, None, Some(PostId::from_u64(2))),
            result("c", PushOutcome::Refused(RefuseReason::Malformed), Some("`txt` is no field"), None),
        ];
        async move { refusal.map_or(Ok(taken), Err) }.boxed()
    }
}

struct Pushing {
    server: TestServer,
    desk: Arc<Fake>,
}

async fn pushing() -> Pushing {
    let desk = Arc::new(Fake::default());
    let server = spawn_with_desk(limits(), settings(), desk.clone()).await;
    Pushing { server, desk }
}

impl Pushing {
    fn request(&self, city: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let url = format!("http://{}/api/v1/cities/{city}/push", self.server.address);
        let headers = [("webhook-id", "m1"), ("webhook-timestamp", "1796040000"), ("webhook-signature", "v1,AAAA")];
        let request = client().post(url).header("content-type", "application/json").body(body);
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    fn came(&self) -> usize {
        self.desk.came.lock().unwrap().len()
    }
}

async fn problem(request: reqwest::RequestBuilder) -> (u16, String, reqwest::header::HeaderMap) {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    assert_eq!(headers["content-type"], "application/problem+json", "{status}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], status);
    (status, text, headers)
}

#[tokio::test]
async fn d3_a_delivery_goes_on_as_it_came_and_is_answered_item_by_item() {
    let pushing = pushing().await;
    let body = "{\"id\": \"é\"}";
    let answer = pushing.request("nantes", body).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    insta::assert_snapshot!(answer.text().await.unwrap(), @r#"{"results":[{"id":"a","outcome":"admitted","reason":null,"detail":null,"post":"aaaaaaaaaaaac"},{"id":"b","outcome":"unchanged","reason":"outdated","detail":null,"post":"aaaaaaaaaaaae"},{"id":"c","outcome":"refused","reason":"malformed","detail":"`txt` is no field","post":null}]}"#);
    let came = pushing.desk.came.lock().unwrap()[0].clone();
    assert_eq!((came.city.as_str(), came.body.as_slice()), ("nantes", body.as_bytes()));
    assert_eq!([&*came.message, &*came.timestamp, &*came.signatures], ["m1", "1796040000", "v1,AAAA"]);
}

#[tokio::test]
async fn h5_what_can_not_be_a_delivery_is_told_so_and_goes_no_further() {
    let pushing = pushing().await;
    let without = |name: &'static str| {
        let mut request = pushing.request("nantes", "{}").build().unwrap();
        request.headers_mut().remove(name);
        reqwest::RequestBuilder::from_parts(client(), request)
    };
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let (status, text, _) = problem(without(name)).await;
        assert!(status == 400 && text.contains(name), "{text}");
    }
    let (status, text, _) = problem(pushing.request("nantes", "{}").header("webhook-id", "m2")).await;
    assert!(status == 400 && text.contains("several times"), "{text}");
    assert_eq!(problem(without("content-type")).await.0, 415);
    let (status, text, _) = problem(pushing.request("nantes", "{}").header("ce-type", "x.deleted")).await;
    assert!(status == 415 && text.contains("not covered by the signature"), "{text}");
    let (status, text, _) = problem(pushing.request("nantes", "{}").header("content-encoding", "gzip")).await;
    assert!(status == 415 && text.contains("not compressed"), "{text}");
    let (status, text, _) = problem(pushing.request("nante", "{}")).await;
    assert!(status == 404 && text.contains("nantes"), "{text}");
    assert_eq!(problem(pushing.request("nantes", vec![b' '; (64 << 10) + 1])).await.0, 413);
    // The same without a length.
    let parts = futures_util::stream::iter((0..9).map(|_| Ok::<_, std::io::Error>(vec![b' '; 8 << 10])));
    assert_eq!(problem(pushing.request("nantes", reqwest::Body::wrap_stream(parts))).await.0, 413);
    assert_eq!(pushing.came(), 0);
    assert!(pushing.request("nantes", vec![b' '; 64 << 10]).send().await.unwrap().status().is_success());
    let (status, _, headers) =
        problem(client().get(format!("http://{}/api/v1/cities/nantes/push", pushing.server.address))).await;
    assert_eq!((status, &headers["allow"]), (405, &"POST".parse().unwrap()));
}

#[tokio::test]
async fn d3_each_refusal_says_what_to_do() {
    let pushing = pushing().await;
    for (refusal, status, words) in [
        (PushRefusal::BadHeader { name: "webhook-id", mend: "give" }, 400, "webhook-id"),
        (PushRefusal::WrongTime, 401, "set your clock"),
        (PushRefusal::Unsigned, 401, "with the secret that was agreed"),
        (PushRefusal::Conflict, 409, "repeat one unchanged"),
        (PushRefusal::Unreadable { fault: "it is no JSON".into(), mend: "send JSON" }, 422, "send JSON"),
        (PushRefusal::TooMany { wait_s: 7 }, 429, "within an hour"),
        (PushRefusal::Busy("The store is busy."), 503, "busy"),
    ] {
        *pushing.desk.refuses.lock().unwrap() = Some(refusal);
        let (told, text, headers) = problem(pushing.request("nantes", "{}")).await;
        assert!(told == status && text.contains(words), "{told} {text}");
        assert_eq!(headers.contains_key("retry-after"), matches!(status, 429 | 503), "{status}");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
    }
}

#[tokio::test]
async fn w5_senders_are_not_counted_as_the_visitors_of_a_form_are() {
    let pushing = pushing().await;
    for n in 0..30 {
        assert_eq!(pushing.request("nantes", "{}").send().await.unwrap().status(), 200, "{n}");
    }
}

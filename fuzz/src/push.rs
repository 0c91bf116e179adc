//! Bodies of signed deliveries and their headers, all the way to the cards.

use std::collections::BTreeSet;

use parvis::domain::{AuthorId, Event, Network, PostId, PushRefusal, RefuseReason, Visibility};
use parvis::ingest::sources::push::{BODY_BYTES_MAX, ITEMS_MAX, Sender, Signed, decode, sign};
use parvis::normalize::normalize;

use super::sound;
use super::town::NOW;

const KEY: &[u8] = b"a key of twenty-four byte";

pub fn run(data: &[u8]) {
    body(data);
    headers(data);
}

fn body(data: &[u8]) {
    let sender = Sender { author: AuthorId::new("ville:voirie"), name: "Voirie".to_owned() };
    let items = match decode(data, &sender) {
        Ok(items) => items,
        Err(PushRefusal::Unreadable { fault, mend }) => {
            // A number and a few names of a sender's own are all that is repeated of a body.
            assert!(fault.len() < 700 && !mend.is_empty(), "{fault}");
            return;
        }
        Err(other) => panic!("{other:?}"),
    };
    assert!(data.len() <= BODY_BYTES_MAX && (1..=ITEMS_MAX).contains(&items.len()));
    let again = decode(data, &sender).expect("it was read");
    assert_eq!(format!("{items:?}"), format!("{again:?}"), "decoding is pure");
    let mut natives = BTreeSet::new();
    for item in items {
        let is_read = !matches!(item.event, Event::Unreadable(_));
        assert_eq!(is_read, item.native_id.is_some());
        assert_eq!(is_read, item.detail.is_none());
        assert!(item.id.as_ref().is_none_or(|id| id.len() <= 500));
        if let Some(detail) = &item.detail {
            assert!(detail.len() < 900 && !detail.chars().any(char::is_control), "{detail}");
        }
        if let Some(native) = &item.native_id {
            // Whose it is stands first, so that nobody names what is another's.
            assert!(native.as_str().starts_with("ville:voirie ") && native.as_str().len() <= 1_024);
            natives.insert(native.as_str().to_owned());
        }
        match item.event {
            Event::Post(post) => {
                assert!(post.visibility == Visibility::Public && post.automated && post.author == sender.author);
                if let Ok(draft) = normalize(post, Network::Push, Some(NOW), NOW) {
                    sound::post(&draft.complete(PostId::from_u64(1)));
                }
            }
            Event::Delete { native_id } => assert!(natives.contains(native_id.as_str())),
            Event::Unreadable(reason) => assert_eq!(reason, RefuseReason::Malformed),
            other => panic!("{other:?}"),
        }
    }
}

/// The first three lines as headers: nothing but what was signed with the key is signed.
fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(4, '\n');
    let [message, timestamp, signatures, body] = [(); 4].map(|()| lines.next().unwrap_or_default());
    let signed = Signed { message, timestamp, signatures, body: body.as_bytes() };
    if signed.check_headers(NOW).is_ok() {
        assert!(!message.is_empty() && !message.contains('.') && message.len() <= 256);
        let own = sign(KEY, message, timestamp, body.as_bytes());
        assert!(Signed { signatures: &own, ..signed }.is_by(KEY));
        assert_eq!(signed.is_by(KEY), signatures.split(' ').take(8).any(|one| one == own), "{signatures}");
    }
}

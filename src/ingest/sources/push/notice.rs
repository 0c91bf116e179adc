use super::Sender;
use super::decode::native_id;
use crate::domain::{City, Event, NativeId, Notice, Observation, RawPost, Timestamp, Visibility};

/// What the pipeline is told of a notice that is written at a city's own desk, and the id of its post: of the same notice the
/// same, so that it is one card however often it is published.
pub fn written(city: &City, notice: &Notice, now: Timestamp) -> (NativeId, Observation) {
    let sender = Sender::of(city, &city.desk_sender());
    let native_id = native_id(&sender, None, &notice.number.to_string());
    let profile = crate::domain::AuthorProfile { automated: false, ..sender.profile() };
    let raw = RawPost {
        profile: Some(Box::new(profile)),
        languages: city.languages.first().cloned().into_iter().collect(),
        revision: format!("{:020}", now.as_micros()),
        schedule: notice.text.schedule(),
        visibility: Visibility::Public,
        ..RawPost::bare(sender.author.clone(), native_id.clone(), notice.text.text(), now)
    };
    (native_id, sender.observation(Event::Post(Box::new(raw))))
}

/// What it is told when the notice is taken back. Not as a deletion, after which its id could never come again: as a version
/// that is meant for nobody.
pub fn taken_back(city: &City, notice: &Notice, now: Timestamp) -> Observation {
    let (_, mut observation) = written(city, notice, now);
    if let Event::Post(raw) = &mut observation.event {
        raw.visibility = Visibility::Restricted;
    }
    observation
}

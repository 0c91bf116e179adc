//! An event of a calendar: kinds 31922, of whole days, and 31923, of a time (NIP-52). Its author may replace it.

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{
    D_BYTES_MAX, DAY_EVENT, Reading, author, bounded, copy_of, expiration, hashtags, is_protected, labels, languages,
    place, seconds, time,
};
use crate::domain::{NativeId, RawPost, Schedule, Timestamp, Visibility};
use crate::ingest::sources::nostr::event::Signed;
use crate::ingest::sources::nostr::nip19;

/// `None` when it has no identity.
pub fn read(event: &Signed<'_>, reading: &Reading) -> Option<RawPost> {
    let d = event.value("d").unwrap_or_default();
    let native_id = native_id(event.kind, &event.pubkey, d)?;
    let name = nip19::naddr(event.kind, &event.pubkey, d).or_else(|| nip19::nevent(&event.id, &event.pubkey));
    // `name` is how it was called at first.
    let title = event.value("title").or_else(|| event.value("name"));
    let about = Some(&*event.content).filter(|content| !content.is_empty()).or_else(|| event.value("summary"));
    let lines: Vec<&str> = title.into_iter().chain(event.value("location")).chain(about).map(str::trim).collect();
    Some(RawPost {
        url: name.map(|name| format!("{}{name}", reading.page)),
        languages: languages(event),
        revision: revision(event),
        tags: hashtags(event),
        place: place(event),
        schedule: schedule(event, &reading.zone),
        labels: labels(event),
        visibility: if is_protected(event) { Visibility::Restricted } else { Visibility::Public },
        copy_of: copy_of(event),
        ..RawPost::bare(author(event), native_id, bounded(&lines.join("\n")), time(event.created_at))
    })
}

/// What stays the same from version to version. `None` when it is too long.
pub fn native_id(kind: u16, pubkey: &str, d: &str) -> Option<NativeId> {
    (d.len() <= D_BYTES_MAX).then(|| NativeId::new(format!("{kind}:{pubkey}:{d}")))
}

/// The later version counts; of two of one second, the one with the lower id.
fn revision(event: &Signed<'_>) -> String {
    let start = event.id.get(..16).and_then(|digits| HEXLOWER.decode(digits.as_bytes()).ok()).unwrap_or_default();
    let start = start.iter().map(|byte| !byte).collect::<Vec<u8>>();
    format!("{:016x}{}", event.created_at, HEXLOWER.encode(&start))
}

fn schedule(event: &Signed<'_>, zone: &TimeZone) -> Schedule {
    let at = |name: &str| {
        let text = event.value(name)?;
        if event.kind == DAY_EVENT { midnight(text.trim().parse().ok()?, zone) } else { seconds(text) }
    };
    let starts_at = at("start");
    // Without an end it lasts for its one day.
    let one_day = || {
        let day: Date = event.value("start").filter(|_| event.kind == DAY_EVENT)?.trim().parse().ok()?;
        midnight(day.tomorrow().ok()?, zone)
    };
    let ends_at = at("end").filter(|end| starts_at.is_none_or(|start| start < *end)).or_else(one_day);
    let ends_at = ends_at.into_iter().chain(expiration(event)).min();
    Schedule { starts_at, ends_at, cancelled: false }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_micros(midnight.timestamp().as_microsecond()))
}

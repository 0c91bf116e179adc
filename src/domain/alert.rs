//! Something unusual in a city, and who is told of it.
//!
//! Owns the words of it and the port by which a desk reads them. Does not own when something is unusual (`monitor`), rows
//! (`store`), nor how anybody is reached (`notify`).
//! Invariant: nothing here names a person; authors are rounded as all authors are.

use futures_util::future::BoxFuture;

use super::{CityId, OfficeHours, SecretPlace, StoreError, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something was said where next to nothing ever is.
    AnyPost,
    Unusual,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnyPost => "any_post",
            Self::Unusual => "unusual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::AnyPost, Self::Unusual].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What goes on in a city: of which an alert has been given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: Kind,
    pub since: Timestamp,
    /// The last time at which there was more than is usual.
    pub last: Timestamp,
}

/// What the desk is told. The authors are rounded as all authors are, and `None` below five.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alert {
    pub kind: Kind,
    pub at: Timestamp,
    pub posts: u64,
    pub authors: Option<u64>,
    /// Posts that are usual in an hour like this one.
    pub usual: f64,
}

/// An alert that was given. There is one of a city at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastAlert {
    pub number: i64,
    pub alert: Alert,
    /// When there was last more than is usual. `None`: it goes on.
    pub ended_at: Option<Timestamp>,
}

/// Under which a receiver knows an alert again that comes twice: the same whatever became of the process meanwhile.
/// A word of letters, digits and hyphens.
pub fn alert_id(city: &CityId, alert: &Alert) -> String {
    format!("alert-{}-{}", city.as_str(), alert.at.as_micros())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Mail,
    Webhook,
}

impl Channel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mail, Self::Webhook].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// Where an alert is sent to, as the city's file says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receiver {
    pub channel: Channel,
    pub address: String,
}

/// A program that is told by signed requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    pub secret: SecretPlace,
}

/// Who is told of what is unusual, and when somebody may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnDuty {
    /// Outside of these nobody is told; it waits for their next beginning.
    pub hours: OfficeHours,
    /// Addresses of mail.
    pub mail: Vec<String>,
    pub webhook: Option<Webhook>,
}

impl OnDuty {
    pub fn receivers(&self) -> Vec<Receiver> {
        let mail = self.mail.iter().map(|address| Receiver { channel: Channel::Mail, address: address.clone() });
        let webhook = self.webhook.iter();
        mail.chain(webhook.map(|webhook| Receiver { channel: Channel::Webhook, address: webhook.url.clone() }))
            .collect()
    }
}

/// What came of a look at a city.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub city: CityId,
    pub event: Option<Event>,
    pub alert: Option<Alert>,
    /// To whom the alert is to be sent, and from when on.
    pub receivers: Vec<Receiver>,
    pub due_at: Timestamp,
}

/// What waits to be sent to a receiver of a city: the newest alert last.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    pub city: CityId,
    pub receiver: Receiver,
    pub alerts: Vec<PastAlert>,
    /// How often it was tried: of the one that was most often.
    pub tries: u32,
}

/// What became of a dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    Yes,
    /// It is tried again then.
    Later(Timestamp),
    /// It waits for the hours of duty, and that is no failed try.
    Waits(Timestamp),
    /// Tried as often as may be.
    GivenUp,
    /// Nobody of this address is to be told any more.
    Unlisted,
}

/// An alert that has not reached everybody. `again_at`: `None` when it is not tried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsent {
    pub at: Timestamp,
    pub channel: Channel,
    pub again_at: Option<Timestamp>,
}

/// Of one city, which every question names.
pub trait AlertDesk: Send + Sync {
    /// What goes on; `None`: nothing.
    fn event<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Option<Event>, StoreError>>;

    /// The newest first, from before a number on.
    fn alerts<'a>(
        &'a self,
        city: &'a CityId,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<PastAlert>, StoreError>>;

    /// What could not be sent of the alerts since an instant, the newest first; [`UNSENT_MAX`] at most.
    fn unsent<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<Unsent>, StoreError>>;
}

pub const UNSENT_MAX: usize = 5;

/// Alerts are kept for so long.
pub const ALERTS_KEPT_S: i64 = 90 * 86_400;
/// Alerts of a city; beyond, the oldest go. One begins at most every few hours, so that this is a bound on what can't be.
pub const ALERTS_MAX: i64 = 500;

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;

use super::{Alerts, next_duty};
use crate::config::Secret;
use crate::crash::{self, Point};
use crate::domain::alert::{Channel, Dispatch, PastAlert, Sent, alert_id};
use crate::domain::{City, Timestamp};
use crate::http::desk;
use crate::ingest::Outbound;
use crate::notify::mail::{Letter, Mailer};
use crate::notify::webhook::{self, Call};

/// Receivers that are told at the same time; the others wait.
const AT_ONCE: usize = 4;
/// How long each try waits for the next. After the last it is given up, some four hours after the first.
const PAUSES_S: [i64; 8] = [60, 120, 300, 600, 1_800, 3_600, 3_600, 3_600];

/// By what receivers are reached.
#[derive(Clone)]
pub struct Sender {
    pub mailer: Mailer,
    pub outbound: Outbound,
    /// Without a trailing slash.
    pub public_url: String,
}

impl Alerts {
    /// Tells everybody who is due something, once.
    pub(super) async fn send_all(&self, now: Timestamp) {
        let due = match self.store.due(now).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "What is to be sent can't be read; it is tried again in a minute.");
                return;
            }
        };
        stream::iter(due).for_each_concurrent(AT_ONCE, |dispatch| self.send_one(dispatch, now)).await;
    }

    async fn send_one(&self, dispatch: Dispatch, now: Timestamp) {
        let (channel, city) = (dispatch.receiver.channel.as_str(), dispatch.city.as_str().to_owned());
        let sent = self.try_to_send(&dispatch, now).await;
        crash::point(Point::AlertSent);
        let what = match sent {
            Sent::Yes => "sent",
            Sent::Later(_) => "failed",
            Sent::GivenUp => "given_up",
            Sent::Waits(_) | Sent::Unlisted => "held",
        };
        metrics::counter!("parvis_alerts_sent_total", "channel" => channel, "outcome" => what).increment(1);
        if let Err(error) = self.store.dispatched(dispatch, sent).await {
            tracing::warn!(city, channel, %error, "What was sent of an alert can't be noted; it may be sent again.");
        }
    }

    async fn try_to_send(&self, dispatch: &Dispatch, now: Timestamp) -> Sent {
        let cities = self.directory.load();
        let city = cities.cities.iter().find(|city| city.id == dispatch.city).map(Arc::clone);
        let Some(city) = city.filter(|city| city.on_duty.receivers().contains(&dispatch.receiver)) else {
            return Sent::Unlisted;
        };
        let duty = next_duty(&city, now);
        if duty > now {
            return Sent::Waits(duty);
        }
        let Err(error) = self.deliver(&city, dispatch, now).await else { return Sent::Yes };
        let channel = dispatch.receiver.channel.as_str();
        let slug = city.id.as_str();
        let pause = usize::try_from(dispatch.tries).ok().and_then(|tries| PAUSES_S.get(tries));
        match pause {
            Some(seconds) => {
                tracing::warn!(city = slug, channel, error, "An alert could not be sent; it is tried again.");
                Sent::Later(next_duty(&city, now.plus_seconds(*seconds)))
            }
            None => {
                tracing::error!(city = slug, channel, error, "An alert could not be sent, and is not tried any more.");
                Sent::GivenUp
            }
        }
    }

    async fn deliver(&self, city: &City, dispatch: &Dispatch, now: Timestamp) -> Result<(), String> {
        let alerts = &dispatch.alerts;
        let going = alerts.iter().rfind(|past| past.ended_at.is_none());
        let Some(main) = going.or(alerts.last()) else { return Ok(()) };
        let id = alert_id(&city.id, &main.alert);
        match dispatch.receiver.channel {
            Channel::Mail => {
                let (subject, text) = desk::letter(city, alerts, &self.sender.public_url);
                let letter = Letter { id, subject, text, at: now };
                self.sender.mailer.send(&dispatch.receiver.address, &letter).await
            }
            Channel::Webhook => self.call(city, alerts, id, now).await,
        }
    }

    async fn call(&self, city: &City, alerts: &[PastAlert], id: String, now: Timestamp) -> Result<(), String> {
        let Some(to) = &city.on_duty.webhook else { return Ok(()) };
        // Read anew each time, so that a new secret needs no restart.
        let key = Secret::from(to.secret.clone()).reveal()?.webhook_key()?;
        let call = Call { id, body: desk::call(city, alerts, &self.sender.public_url, now) };
        webhook::send(&self.sender.outbound, &to.url, &key, &call, now).await
    }
}

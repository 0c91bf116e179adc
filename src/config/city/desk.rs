//! The town hall's desk as a city's file has it (`[desk]`).
//!
//! Owns what of it is refused or warned of. Does not own the secret of the webhook: it is read by who signs with it, and here
//! only to say what is wrong with it.

use jiff::civil::Date;
use toml::Spanned;

use super::CityFile;
use super::reader::Reader;
use crate::config::Secret;
use crate::domain::alert::{OnDuty, Webhook};
use crate::domain::{City, OfficeHours};

/// Bytes of the hours; seven days of four spans each have some three hundred.
const HOURS_BYTES_MAX: usize = 1_000;
/// Addresses of mail of a city: the rest is a list's business. One is at most as long as a mail server takes.
const MAIL_MAX: usize = 10;
const MAIL_BYTES_MAX: usize = 254;
const URL_BYTES_MAX: usize = 2_000;

impl Reader<'_> {
    pub(super) fn office_hours(&mut self, file: &CityFile) -> OfficeHours {
        let hours = self.hours(file.desk.hours.as_ref()).unwrap_or_default();
        let closed: Vec<Date> = file.desk.closed.iter().filter_map(|day| self.day(Some(day))).collect();
        hours.closed_on(closed)
    }

    fn hours(&mut self, written: Option<&Spanned<String>>) -> Option<OfficeHours> {
        let written = written?;
        let read = match written.get_ref().len() <= HOURS_BYTES_MAX {
            true => OfficeHours::parse(written.get_ref()),
            false => Err(format!("more than {HOURS_BYTES_MAX} bytes")),
        };
        read.map_err(|reason| self.refuse(written, &reason)).ok()
    }

    /// Nobody is told outside of the office's hours unless the town says so (L-74).
    pub(super) fn on_duty(&mut self, file: &CityFile, office: &OfficeHours) -> OnDuty {
        let desk = &file.desk;
        let hours = self.hours(desk.duty.as_ref()).unwrap_or_else(|| office.clone());
        let mut mail: Vec<String> = Vec::new();
        for written in &desk.mail {
            let address = written.get_ref().trim();
            if address.len() > MAIL_BYTES_MAX || address.parse::<lettre::Address>().is_err() {
                self.refuse(written, "no address of mail: write it as veille@ville.example");
            } else if mail.len() >= MAIL_MAX {
                self.refuse(written, &format!("{MAIL_MAX} addresses at most: give a list's for more"));
            } else if !mail.iter().any(|other| other == address) {
                mail.push(address.to_owned());
            }
        }
        let webhook = desk.webhook.as_ref().and_then(|webhook| {
            let url = webhook.url.get_ref().trim();
            let is_web = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !is_web || url.len() > URL_BYTES_MAX {
                self.refuse(&webhook.url, "no address of the web: write it as https://ville.example/alertes");
                return None;
            }
            let secret = self.place(webhook.secret.get_ref());
            Some(Webhook { url: url.to_owned(), secret: secret.into() })
        });
        OnDuty { hours, mail, webhook }
    }

    /// Warns of a secret that can't be used. It may be there where the server runs, so that it refuses no file.
    pub(super) fn check_webhook(&mut self, file: &CityFile, city: &City) {
        if let Some((written, webhook)) = file.desk.webhook.as_ref().zip(city.on_duty.webhook.as_ref())
            && let Err(reason) = Secret::from(webhook.secret.clone()).reveal().and_then(|secret| secret.webhook_key())
        {
            self.warn(&written.secret, &format!("{reason}; nothing is sent with it"));
        }
    }
}

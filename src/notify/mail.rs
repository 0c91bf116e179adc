//! Mail, by the operator's own server.

use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

use crate::config::MailSettings;
use crate::domain::Timestamp;

/// For each step of the exchange, and for all of it.
const STEP: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(60);
/// Characters of a subject; what is longer is cut.
const SUBJECT_CHARS_MAX: usize = 150;

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The same for the same letter that is sent again: whoever receives it twice can tell.
    pub id: String,
    pub subject: String,
    pub text: String,
    pub at: Timestamp,
}

/// Sends mail by the server that the settings name. `host`: ours, in what we call ourselves and our letters.
#[derive(Clone)]
pub struct Mailer {
    settings: MailSettings,
    host: String,
}

impl Mailer {
    pub fn new(settings: &MailSettings, public_url: &str) -> Self {
        let host = Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        Self { settings: settings.clone(), host: host.unwrap_or_else(|| "localhost".to_owned()) }
    }

    /// The password is read anew each time, so that a new one needs no restart.
    pub async fn send(&self, to: &str, letter: &Letter) -> Result<(), String> {
        let message = self.message(to, letter)?;
        let transport = self.transport()?;
        match tokio::time::timeout(WHOLE, transport.send(message)).await {
            Ok(Ok(_taken)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_late) => Err("the mail server takes too long".into()),
        }
    }

    fn message(&self, to: &str, letter: &Letter) -> Result<Message, String> {
        let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| error.to_string());
        let since = Duration::from_micros(letter.at.as_micros().max(0).unsigned_abs());
        Message::builder()
            .from(mailbox(&self.settings.from)?)
            .to(mailbox(to)?)
            .subject(one_line(&letter.subject))
            .message_id(Some(format!("<{}@{}>", letter.id, self.host)))
            .date(UNIX_EPOCH + since)
            // A program has written it: nobody's notice of absence is to answer it (RFC 3834).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|error| error.to_string())
    }

    /// The server, how a connection to it is encrypted, and its port.
    fn connection(&self) -> Result<(String, Tls, u16), String> {
        let settings = &self.settings;
        if settings.smtp.is_empty() {
            return Err("no mail server is configured (mail.smtp)".into());
        }
        let url = Url::parse(&settings.smtp).map_err(|error| error.to_string())?;
        let host = bare_host(&url).to_owned();
        let parameters = || TlsParameters::new(host.clone()).map_err(|error| error.to_string());
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(parameters()?), 465),
            // What never leaves this machine can be read by nobody on the way.
            _ if is_this_machine(&url) => (Tls::None, 25),
            _ => (Tls::Required(parameters()?), 587),
        };
        Ok((host, tls, url.port().unwrap_or(port)))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let (settings, (host, tls, port)) = (&self.settings, self.connection()?);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
            .port(port)
            .tls(tls)
            .hello_name(ClientId::Domain(self.host.clone()))
            .timeout(Some(STEP));
        if let Some(password) = &settings.password {
            let password = password.reveal()?;
            builder = builder.credentials(Credentials::new(settings.user.clone(), password.as_str().to_owned()));
        }
        Ok(builder.build())
    }
}

fn is_this_machine(url: &Url) -> bool {
    // Of schemes that browsers don't know, `url` leaves a host as it is written.
    let host = bare_host(url);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn bare_host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Without anything that ends a header or hides in one.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SUBJECT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn mailer(smtp: &str) -> Mailer {
        let settings =
            MailSettings { smtp: smtp.into(), from: "Parvis <p@ville.example>".into(), ..MailSettings::default() };
        Mailer::new(&settings, "https://parvis.example")
    }

    fn letter(subject: &str) -> Letter {
        let at = Timestamp::from_micros(1_800_000_000_000_000);
        Letter { id: "alert-nantes-1".into(), subject: subject.into(), text: "Bonjour,\n.\nà vous.\n".into(), at }
    }

    #[test]
    fn feature_14_a_letter_is_known_again_and_nothing_in_it_becomes_a_header() {
        let injected = "Alerte\r\nBcc: evil@example.org\r\n\r\n<b>\u{85}\u{2028}Été";
        let message = mailer("").message("veille@ville.example", &letter(injected)).unwrap();
        let written = String::from_utf8(message.formatted()).unwrap();
        let (headers, _) = written.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = headers
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Date",
                "Auto-Submitted",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding"
            ]
        );
        assert!(headers.contains("Message-ID: <alert-nantes-1@parvis.example>"), "{headers}");
        assert!(headers.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"), "{headers}");
        let to: Vec<String> = message.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(to, ["veille@ville.example"]);
        assert_eq!(one_line(injected), "Alerte Bcc: evil@example.org <b> Été");
    }

    #[test]
    fn a6_a_name_is_given_by_an_encrypted_connection_or_on_this_machine_alone() {
        assert!(mailer("smtps://mail.example").transport().is_ok());
        assert!(mailer("").transport().is_err());
        let mut secret = mailer("smtp://mail.example");
        secret.settings.user = "parvis".into();
        secret.settings.password = Some(Secret::Env("NO_SUCH_VARIABLE_HERE".into()));
        let Err(said) = secret.transport() else { panic!("no password is there") };
        assert_eq!(said, "the environment variable NO_SUCH_VARIABLE_HERE is not set");
        let is_home = |url: &str| is_this_machine(&Url::parse(url).unwrap());
        assert!(is_home("smtp://localhost:25") && is_home("smtp://127.0.0.1") && is_home("smtp://[::1]:25"));
        assert!(!is_home("smtp://localhost.example") && !is_home("smtp://10.0.0.1"));
    }

    /// Of every server that is not on this machine an encrypted connection is required, never only tried for.
    #[test]
    fn a6_no_letter_leaves_this_machine_unencrypted() {
        let how = |smtp: &str| mailer(smtp).connection().unwrap();
        for url in ["smtp://mail.example", "smtp://mail.example:25", "smtp://10.0.0.1", "smtp://localhost.example"] {
            assert!(matches!(how(url), (_, Tls::Required(_), _)), "{url}");
        }
        assert!(matches!(how("smtps://mail.example"), (_, Tls::Wrapper(_), 465)));
        assert!(matches!(how("smtps://localhost"), (_, Tls::Wrapper(_), 465)));
        assert!(matches!(how("smtp://[::1]"), (host, Tls::None, 25) if host == "::1"));
    }
}

/// An instant, in microseconds since 1970-01-01T00:00:00Z. The only form of time that is stored or compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `seconds`, later when positive; saturates at the ends of time.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to this instant, negative when this one comes first.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// RFC 3339 in UTC with millisecond precision, the form of every time that leaves the server.
    pub fn to_rfc3339(self) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => format!("{instant:.3}"),
            Err(_) => String::from("9999-12-31T23:59:59.999Z"),
        }
    }

    /// Reads RFC 3339, with any offset and any number of fractional digits.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        // `jiff` accepts more than RFC 3339 (e.g. bracketed zones); what it reads is unambiguous, so it is taken.
        text.trim().parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_networks_write() {
        let expected = Timestamp::from_micros(1_783_175_882_000_000);
        for text in ["2026-07-04T14:38:02Z", "2026-07-04T14:38:02+00:00", "2026-07-04T16:38:02.000000000+02:00"] {
            assert_eq!(Timestamp::parse_rfc3339(text), Some(expected), "{text}");
        }
        assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
        assert_eq!(expected.to_rfc3339(), "2026-07-04T14:38:02.000Z");
    }
}

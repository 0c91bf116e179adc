use crate::domain::Timestamp;

/// RFC 9116 asks for less than a year; half of one makes a server that is never restarted say so in time.
const VALID_DAYS: i64 = 180;

/// The text of `/.well-known/security.txt`.
pub fn security_txt(contact: &str, public_url: &str, started_at: Timestamp) -> String {
    let contact = match contact.trim() {
        address if ["mailto:", "https:", "tel:"].iter().any(|scheme| address.starts_with(scheme)) => address.to_owned(),
        address => format!("mailto:{address}"),
    };
    let expires = started_at.plus_seconds(VALID_DAYS * 86_400).to_rfc3339();
    // A line break in a configured value must not begin a field of its own.
    let contact: String = contact.chars().filter(|c| !c.is_control()).collect();
    format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: fr, en\n\
         Canonical: {public_url}/.well-known/security.txt\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_required_fields() {
        let started = Timestamp::parse_rfc3339("2026-11-21T00:00:00Z").unwrap();
        assert_eq!(
            security_txt("securite@parvis.example", "https://parvis.example", started),
            "Contact: mailto:securite@parvis.example\nExpires: 2027-05-20T00:00:00.000Z\n\
             Preferred-Languages: fr, en\nCanonical: https://parvis.example/.well-known/security.txt\n"
        );
        assert!(security_txt("https://x.example/s\nExpires: never", "", started).starts_with("Contact: https:"));
        assert!(!security_txt("https://x.example/s\nExpires: never", "", started).contains("\nExpires: never"));
    }
}

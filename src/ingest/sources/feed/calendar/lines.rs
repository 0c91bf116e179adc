//! The lines of an iCalendar document: unfolded, taken apart, their texts without escapes.
//!
//! Owns the form of a line (RFC 5545, 3.1). Does not own what a line means. Invariant: a line is at most
//! [`LINE_BYTES_MAX`] long, and whatever the bytes are, they are lines.

use crate::domain::RefuseReason;

/// The rest of a longer line is left out.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// `NAME;TZID=…;VALUE=DATE;LANGUAGE=…:value`, with the parameters that are looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    pub name: &'a str,
    pub zone: Option<&'a str>,
    pub language: Option<&'a str>,
    pub value: &'a str,
}

/// Hands each line to `take`, in order, until one is refused.
pub fn each(document: &[u8], mut take: impl FnMut(Line<'_>) -> Result<(), RefuseReason>) -> Result<(), RefuseReason> {
    let mut physical = document
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(document)
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.is_empty())
        .peekable();
    let mut whole = Vec::new();
    while let Some(first) = physical.next() {
        whole.clear();
        whole.extend_from_slice(first.get(..first.len().min(LINE_BYTES_MAX)).unwrap_or_default());
        // Folded between any two bytes, also those of one character.
        while let Some(folded) = physical.next_if(|next| matches!(next.first(), Some(b' ' | b'\t'))) {
            let room = LINE_BYTES_MAX.saturating_sub(whole.len());
            let folded = folded.get(1..).unwrap_or_default();
            whole.extend_from_slice(folded.get(..folded.len().min(room)).unwrap_or_default());
        }
        match std::str::from_utf8(&whole) {
            Ok(line) => take(parts(line))?,
            // Cut in a character, or of a program that knows one encoding, which is Latin-1 then.
            Err(error) if error.error_len().is_none() && whole.len() == LINE_BYTES_MAX => {
                take(parts(&String::from_utf8_lossy(whole.get(..error.valid_up_to()).unwrap_or_default())))?;
            }
            Err(_) => take(parts(&whole.iter().map(|byte| char::from(*byte)).collect::<String>()))?,
        }
    }
    Ok(())
}

fn parts(line: &str) -> Line<'_> {
    let end = line.find([';', ':']).unwrap_or(line.len());
    let (name, mut rest) = line.split_at(end);
    let mut parts = Line { name: name.trim(), ..Line::default() };
    while let Some(parameter) = rest.strip_prefix(';') {
        let key_end = parameter.find(['=', ';', ':']).unwrap_or(parameter.len());
        let (key, after) = parameter.split_at(key_end);
        let Some(values) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value_end = end_of_values(values);
        let (value, after) = values.split_at(value_end);
        let value = value.trim_matches('"');
        if key.eq_ignore_ascii_case("TZID") {
            parts.zone = Some(value);
        } else if key.eq_ignore_ascii_case("LANGUAGE") {
            parts.language = Some(value);
        }
        rest = after;
    }
    parts.value = rest.strip_prefix(':').unwrap_or_default();
    parts
}

/// Where a parameter's values end: what stands in quotation marks ends nothing.
fn end_of_values(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.find(|c: char| {
        is_quoted ^= c == '"';
        !is_quoted && matches!(c, ';' | ':')
    });
    end.unwrap_or(text.len())
}

/// A text as it is meant.
pub fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

/// The parts of a list of texts, between commas that are not escaped.
pub fn listed(value: &str) -> impl Iterator<Item = String> {
    let mut is_escaped = false;
    value
        .split(move |c: char| {
            let separates = c == ',' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            separates
        })
        .map(|part| unescaped(part).trim().to_owned())
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(document: &[u8]) -> Vec<(String, Option<String>, String)> {
        let mut lines = Vec::new();
        let owned = |line: Line<'_>| (line.name.into(), line.zone.map(str::to_owned), line.value.into());
        each(document, |line| {
            lines.push(owned(line));
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn s10_lines_are_unfolded_between_any_two_bytes_and_quotation_marks_keep_what_they_hold() {
        let document = b"\xef\xbb\xbfSUMMARY:F\xc3\r\n \xaate\r\n\r\nDTSTART;X-A=\"a;b:c\";tzid=\"Europe/Paris\":20261212\nX:1\n\t2\rURL:http://a/;b:c";
        let expected = [
            ("SUMMARY", None, "Fête"),
            ("DTSTART", Some("Europe/Paris"), "20261212"),
            ("X", None, "12"),
            ("URL", None, "http://a/;b:c"),
        ];
        let expected = expected.map(|(name, zone, value)| (name.into(), zone.map(str::to_owned), value.into()));
        assert_eq!(lines(document), expected);
        assert_eq!(lines(b"SUMMARY:F\xeate")[0].2, "Fête", "an old program's encoding");
    }

    #[test]
    fn s10_escapes_are_undone() {
        assert_eq!(unescaped(r"Un\, deux\; trois\nquatre \\n\N\:\"), "Un, deux; trois\nquatre \\n\n:");
        assert_eq!(
            listed(r"Musique,Jeune public\, famille,,\\,x").collect::<Vec<_>>(),
            ["Musique", "Jeune public, famille", "\\", "x"]
        );
    }

    #[test]
    fn h2_whatever_the_bytes_are_they_are_lines() {
        for document in
            [&b""[..], b"\r\n\r\n", b" folded at once", b";;;", b":", b"A;=;B;C=\"never closed:x", b"\xff\xfe"]
        {
            lines(document);
        }
        let long = format!("SUMMARY:{}", "é".repeat(LINE_BYTES_MAX));
        let long = &lines(long.as_bytes())[0].2;
        assert!(long.len() < LINE_BYTES_MAX && long.chars().all(|c| c == 'é'));
        let folded = format!("A:{}", "x\n ".repeat(2 * LINE_BYTES_MAX));
        assert_eq!(lines(folded.as_bytes())[0].2.len(), LINE_BYTES_MAX - 2);
    }
}

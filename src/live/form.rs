use crate::domain::CityId;

/// In which form a session gets its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    Json,
    /// Cards rendered in one of the interface's languages.
    Html(&'static str),
}

/// How messages are laid on the wire. Server frames are not masked, so a framed message is the same for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    WebSocket,
    Sse,
}

impl Framing {
    /// Frames one JSON message without line breaks. `kind` and `token` are repeated outside it for SSE, where `id:`
    /// is what a browser gives back as `Last-Event-ID`.
    pub(super) fn frame(self, kind: &str, token: Option<&str>, message: &str) -> Vec<u8> {
        match self {
            Self::WebSocket => {
                let mut frame = text_frame_head(message.len());
                frame.extend_from_slice(message.as_bytes());
                frame
            }
            Self::Sse => {
                let id = token.map(|token| format!("id: {token}\n")).unwrap_or_default();
                format!("{id}event: {kind}\ndata: {message}\n\n").into_bytes()
            }
        }
    }
}

/// The head of a final, unmasked text frame (RFC 6455, section 5.2), with room for its payload.
fn text_frame_head(payload: usize) -> Vec<u8> {
    const FINAL_TEXT: u8 = 0x81;
    let mut frame = Vec::with_capacity(payload.saturating_add(10));
    frame.push(FINAL_TEXT);
    match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short @ 0..=125), _) => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(payload as u64).to_be_bytes());
        }
    }
    frame
}

pub(super) fn hello(city: &CityId, token: &str, recovered: bool) -> String {
    // Slugs and tokens are made of characters that JSON takes as they are.
    format!(r#"{{"type":"hello","city":"{}","cursor":"{token}","recovered":{recovered}}}"#, city.as_str())
}

/// Bytes of a batch message around its events, with its token.
pub(super) const BATCH_BYTES: usize = 80;

/// A batch message up to its events, which are JSON objects joined by commas.
pub(super) fn begin_batch(message: &mut String, token: &str) {
    for part in [r#"{"type":"batch","cursor":""#, token, r#"","events":["#] {
        message.push_str(part);
    }
}

pub(super) fn end_batch(message: &mut String) {
    message.push_str("]}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_heads_follow_rfc_6455() {
        assert_eq!(text_frame_head(125), [0x81, 125]);
        assert_eq!(text_frame_head(126), [0x81, 126, 0, 126]);
        assert_eq!(text_frame_head(65_535), [0x81, 126, 0xff, 0xff]);
        assert_eq!(text_frame_head(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn sse_blocks_carry_the_cursor() {
        let block = Framing::Sse.frame("batch", Some("abc"), "{}");
        assert_eq!(String::from_utf8_lossy(&block), "id: abc\nevent: batch\ndata: {}\n\n");
    }
}

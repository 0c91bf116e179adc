//! What every decoder has in common: its shape and the limits of a frame (H2).
//!
//! Owns the checks that come before any parsing. Does not own a wire format.
//! Invariant: text that passes [`checked_json`] is at most 1 MiB and nests at most 128 levels, so that no parser
//! behind it can be made to use much memory or stack.

use crate::domain::{Observation, RefuseReason};

/// The largest frame that is decoded, in bytes. A larger one is counted as `oversized` and skipped.
pub const DECODE_LIMIT: usize = 1 << 20;

/// The deepest nesting of arrays and objects that is decoded. A deeper one is counted as `too_deep` and skipped.
pub const DEPTH_LIMIT: usize = 128;

/// Turns one frame of a network into an observation. Pure but for what a wire may need to remember from one frame to
/// the next; never fails: what can't be read is [`Event::Unreadable`](crate::domain::Event::Unreadable).
pub trait Decode: Send {
    fn decode(&mut self, frame: &[u8]) -> Observation;
}

/// The frame as text whose size and nesting are within the limits. That it is JSON is left to the parser.
pub fn checked_json(frame: &[u8]) -> Result<&str, RefuseReason> {
    if frame.len() > DECODE_LIMIT {
        return Err(RefuseReason::Oversized);
    }
    if deeper_than(frame, DEPTH_LIMIT) {
        return Err(RefuseReason::TooDeep);
    }
    std::str::from_utf8(frame).map_err(|_invalid| RefuseReason::Malformed)
}

/// Whether arrays and objects nest more than `limit` levels.
fn deeper_than(json: &[u8], limit: usize) -> bool {
    // Counting brackets is an order of magnitude cheaper than following strings and escapes, and settles nearly
    // every frame: what opens no more than `limit` of them can't nest deeper.
    // (The two differ from each other in one bit. Bytes are summed in pieces that can't overflow one, so that the
    // compiler counts many at a time.)
    let opened = |piece: &[u8]| usize::from(piece.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>());
    if json.chunks(255).map(opened).sum::<usize>() <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_depth_counts_nesting_and_not_brackets_in_text() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(checked_json(nested(DEPTH_LIMIT).as_bytes()).is_ok());
        assert_eq!(checked_json(nested(DEPTH_LIMIT + 1).as_bytes()), Err(RefuseReason::TooDeep));

        let text = format!(r#"{{"text":"\\\"{}"}}"#, "[".repeat(1_000));
        assert!(checked_json(text.as_bytes()).is_ok());
        let flat = format!("[{}{{}}]", "{},".repeat(1_000));
        assert!(checked_json(flat.as_bytes()).is_ok());
    }

    #[test]
    fn h2_a_frame_over_one_mebibyte_is_oversized_and_bad_utf8_malformed() {
        assert!(checked_json(&vec![b' '; DECODE_LIMIT]).is_ok());
        assert_eq!(checked_json(&vec![b' '; DECODE_LIMIT + 1]), Err(RefuseReason::Oversized));
        assert_eq!(checked_json(b"\"\xff\""), Err(RefuseReason::Malformed));
    }
}

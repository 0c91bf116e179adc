/// A whole, unmasked frame at the start of `bytes`: opcode, where its payload begins, and its payload's length.
#[inline]
pub fn frame_at(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let [first, second, ..] = bytes else { return None };
    let (start, length): (usize, usize) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= start.checked_add(length)?).then_some((first & 0x0f, start, length))
}

/// The head of an unmasked text frame, for the peers that are ours.
pub fn text_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        medium @ 126..65_536 => {
            frame.push(126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// A client's frame with a mask of zeroes: legal, and free to compute. At most 125 bytes of payload.
pub fn masked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let payload = payload.get(..125).unwrap_or(payload);
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_are_written() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let frame = text_frame(&vec![b'x'; length]);
            let (opcode, start, read) = frame_at(&frame).unwrap();
            assert_eq!((opcode, read, frame.len() - start), (1, length, length));
            assert_eq!(frame_at(&frame[..frame.len() - 1]), None);
        }
    }
}

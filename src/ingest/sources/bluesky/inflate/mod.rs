//! Compressed frames: dictionaries, and reading one frame with one.
//!
//! Owns the check of a dictionary and the bounded decompression of a frame. Does not own where dictionaries come from
//! (`connector`). Invariant: whatever a frame claims or is, what comes of it is at most [`DECODE_LIMIT`] bytes in a
//! buffer that was there before, and nothing else is allocated for it (H2).
//!
//! A frame is decompressed in one go into that buffer, so that no window is kept beside it, whatever size the frame's
//! header asks for.

use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{DCtx, get_dict_id_from_dict, get_frame_content_size};

use crate::domain::RefuseReason;
use crate::ingest::DECODE_LIMIT;

/// The largest dictionary that is taken, in bytes; the two in use have 64 and 110 KiB.
pub const DICTIONARY_LIMIT: usize = 1 << 20;
/// The dictionary of the first wire. It never changes, and no server gives it out.
pub const V1_DICTIONARY_ID: u32 = 1_612_007_021;

/// A dictionary whose head is sound. Its id is never 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Dictionary {
    pub id: u32,
    bytes: Vec<u8>,
}

impl Dictionary {
    /// The error says what is wrong with it, in plain words.
    pub fn new(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() > DICTIONARY_LIMIT {
            return Err(format!("it is larger than {} MiB", DICTIONARY_LIMIT >> 20));
        }
        let id = get_dict_id_from_dict(&bytes).ok_or("it is not a zstd dictionary")?.get();
        Ok(Self { id, bytes })
    }

    /// The first wire's dictionary, or why it is not.
    pub fn of_v1(bytes: Vec<u8>) -> Result<Self, String> {
        let dictionary = Self::new(bytes)?;
        match dictionary.id {
            V1_DICTIONARY_ID => Ok(dictionary),
            id => Err(format!("its id is {id} and not {V1_DICTIONARY_ID}")),
        }
    }
}

/// Decompresses one connection's frames.
pub struct Inflater {
    /// The id of the dictionary.
    pub dictionary: u32,
    context: DCtx<'static>,
    /// Its capacity is the limit and never changes.
    text: Vec<u8>,
}

impl Inflater {
    /// The error says why the dictionary can't be used.
    pub fn new(dictionary: &Dictionary) -> Result<Self, String> {
        let mut context = DCtx::try_create().ok_or("there is no memory for it")?;
        context.load_dictionary(&dictionary.bytes).map_err(|_code| "it is damaged")?;
        Ok(Self { dictionary: dictionary.id, context, text: Vec::with_capacity(DECODE_LIMIT) })
    }

    /// The text of one frame, until the next call. `Oversized`: it is, or says that it is, more than the limit.
    /// `Malformed`: it is no zstd frame, was compressed with another dictionary, or is damaged.
    pub fn inflate(&mut self, frame: &[u8]) -> Result<&[u8], RefuseReason> {
        let claimed = get_frame_content_size(frame).map_err(|_unsound| RefuseReason::Malformed)?;
        if claimed.is_some_and(|claimed| claimed > DECODE_LIMIT as u64) {
            return Err(RefuseReason::Oversized);
        }
        self.text.clear();
        // What does not fit into the vector's capacity is an error; the library never makes it larger.
        self.context.decompress(&mut self.text, frame).map_err(reason)?;
        Ok(&self.text)
    }
}

/// The library's codes are negative numbers in an unsigned type.
const fn reason(code: usize) -> RefuseReason {
    if code.wrapping_neg() == ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall as usize {
        RefuseReason::Oversized
    } else {
        RefuseReason::Malformed
    }
}

#[cfg(test)]
pub mod tests;

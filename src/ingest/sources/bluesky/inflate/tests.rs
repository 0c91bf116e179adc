use std::path::PathBuf;

use zstd::bulk::Compressor;

use super::*;
use crate::domain::SourceId;
use crate::ingest::Decode;
use crate::ingest::sources::bluesky::Decoder;

const POSTS: &str = include_str!("../../../../../tests/fixtures/bluesky/posts.jsonl");

/// A dictionary of our own under any id, trained on invented posts. (The id is not part of what a checksum covers.)
pub fn trained(id: u32) -> Vec<u8> {
    let samples: Vec<&str> = POSTS.lines().cycle().take(200).collect();
    let mut dictionary = zstd::dict::from_samples(&samples, 8 << 10).unwrap();
    dictionary[4..8].copy_from_slice(&id.to_le_bytes());
    dictionary
}

/// The folder of real captures and dictionaries, which are not in the repository; `None` says so.
pub fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("PARVIS_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        println!("PARVIS_SAMPLES is not set: the real dictionaries and captures are not tried here");
    }
    folder.map(|folder| folder.join("bluesky/jetstream"))
}

/// Compresses as servers do.
pub fn compressor(dictionary: &[u8]) -> Compressor<'static> {
    let mut compressor = Compressor::with_dictionary(1, dictionary).unwrap();
    compressor.include_checksum(true).unwrap();
    compressor
}

fn inflater(dictionary: Vec<u8>) -> Inflater {
    Inflater::new(&Dictionary::new(dictionary).unwrap()).unwrap()
}

/// A frame as the format's text has it: a head with a window of 128 KiB and no dictionary, then `blocks`.
fn frame(content_size: Option<u64>, blocks: &[u8]) -> Vec<u8> {
    let mut frame = 0xFD2F_B528_u32.to_le_bytes().to_vec();
    // The descriptor: an eight-byte content size or none. The window: 2^(10 + 7).
    frame.extend([if content_size.is_some() { 0b1100_0000 } else { 0 }, 7 << 3]);
    frame.extend(content_size.iter().flat_map(|size| size.to_le_bytes()));
    frame.extend(blocks);
    frame
}

/// Blocks that each repeat one byte 128 Ki times: four bytes a block.
fn repeated(blocks: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(blocks * 4);
    for number in 1..=blocks {
        let last = u32::from(number == blocks);
        bytes.extend(&(last | 1 << 1 | (128 << 10) << 3).to_le_bytes()[..3]);
        bytes.push(b'x');
    }
    bytes
}

/// 10 GiB that claim nothing.
pub fn bomb() -> Vec<u8> {
    frame(None, &repeated((10 << 30) >> 17))
}

#[test]
fn frames_come_back_as_they_were_and_far_smaller_with_a_dictionary() {
    let dictionary = trained(7);
    let (mut compressor, mut inflater) = (compressor(&dictionary), inflater(dictionary));
    let mut sent = 0;
    for post in POSTS.lines() {
        let frame = compressor.compress(post.as_bytes()).unwrap();
        sent += frame.len();
        assert_eq!(inflater.inflate(&frame).unwrap(), post.as_bytes());
    }
    assert!(sent * 2 < POSTS.len(), "{sent} of {} bytes", POSTS.len());
}

#[test]
fn h2_a_bomb_is_oversized_whatever_it_says_of_itself_and_takes_no_memory() {
    let dictionary = trained(7);
    let (mut compressor, mut inflater) = (compressor(&dictionary), inflater(dictionary));
    let before = inflater.text.capacity();
    let ten_gib = 10_u64 << 30;
    let blocks = repeated(usize::try_from(ten_gib >> 17).unwrap());
    let zeros = compressor.compress(&vec![0; 64 << 20]).unwrap();
    for (name, bomb) in [
        ("claims 10 GiB and is", frame(Some(ten_gib), &blocks)),
        ("claims nothing and is 10 GiB", bomb()),
        ("claims 10 GiB and is nothing", frame(Some(ten_gib), &[])),
        ("claims the most that can be", frame(Some(u64::MAX - 2), &repeated(1))),
        ("claims little and is much", frame(Some(1_000), &blocks)),
        ("honest zeros", zeros),
        ("many small frames in one", frame(Some(128 << 10), &repeated(1)).repeat(9)),
    ] {
        assert_eq!(inflater.inflate(&bomb).map(<[u8]>::len), Err(RefuseReason::Oversized), "{name}");
        assert_eq!(inflater.text.capacity(), before, "{name}");
    }
    // The limit itself is fine, and the next frame is read as if nothing had been.
    let whole = compressor.compress(&vec![b'x'; DECODE_LIMIT]).unwrap();
    assert_eq!(inflater.inflate(&whole).map(<[u8]>::len), Ok(DECODE_LIMIT));
    let over = compressor.compress(&vec![b'x'; DECODE_LIMIT + 1]).unwrap();
    assert_eq!(inflater.inflate(&over), Err(RefuseReason::Oversized));
    assert_eq!(inflater.inflate(&frame(None, &repeated(8))).map(<[u8]>::len), Ok(DECODE_LIMIT));
    assert_eq!(inflater.inflate(&frame(None, &repeated(9))), Err(RefuseReason::Oversized));
    assert_eq!(inflater.text.capacity(), before);
}

#[test]
fn h1_what_is_no_frame_of_this_dictionary_is_malformed() {
    let mut inflater = inflater(trained(7));
    let sound = compressor(&trained(7)).compress(POSTS.as_bytes()).unwrap();
    let other = compressor(&trained(8)).compress(POSTS.as_bytes()).unwrap();
    let mut damaged = sound.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for bytes in [&[][..], b"{}", &[0xFF; 64], &sound[..sound.len() / 2], &sound[..9], &other, &damaged] {
        assert_eq!(inflater.inflate(bytes), Err(RefuseReason::Malformed), "{bytes:?}");
    }
    let mut rng = fastrand::Rng::with_seed(5);
    for _ in 0..2_000 {
        let mut frame = sound.clone();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..frame.len());
            frame[at] = rng.u8(..);
        }
        // Whatever comes, it is bounded and no panic; with a checksum it is hardly ever taken for sound.
        let _any = inflater.inflate(&frame);
    }
    assert_eq!(inflater.inflate(&sound), Ok(POSTS.as_bytes()));
}

#[test]
fn dictionaries_are_checked_before_they_are_used() {
    let said = |bytes: Vec<u8>| Dictionary::new(bytes).err().unwrap_or_default();
    assert!(said(b"no dictionary".to_vec()).contains("not a zstd dictionary"));
    assert!(said(vec![0; DICTIONARY_LIMIT + 1]).contains("larger than 1 MiB"));
    assert_eq!(Dictionary::new(trained(7)).map(|dictionary| dictionary.id), Ok(7));
    assert!(said(trained(0)).contains("not a zstd dictionary"), "an id of 0 means none");
    assert_eq!(Dictionary::of_v1(trained(7)).err().as_deref(), Some("its id is 7 and not 1612007021"));
    assert!(Dictionary::of_v1(trained(V1_DICTIONARY_ID)).is_ok());
    // The head is sound and nothing else.
    let head = trained(7)[..12].to_vec();
    assert_eq!(Inflater::new(&Dictionary::new(head).unwrap()).err().as_deref(), Some("it is damaged"));
}

#[test]
fn frames_of_the_real_dictionaries_decode_as_if_uncompressed() {
    let Some(folder) = samples() else { return };
    let lines = std::fs::read_to_string(folder.join("expected_v1.jsonl")).unwrap();
    let mut decoder = Decoder::new(SourceId::new("bluesky"));
    for (file, id) in [("legacy_subscribe.zdict", V1_DICTIONARY_ID), ("subscribe_events_20260811.zdict", 20_260_811)] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        assert_eq!(Dictionary::new(bytes.clone()).map(|dictionary| dictionary.id), Ok(id));
        let (mut compressor, mut inflater) = (compressor(&bytes), inflater(bytes));
        let mut sent = 0;
        for line in lines.lines() {
            let frame = compressor.compress(line.as_bytes()).unwrap();
            sent += frame.len();
            let text = inflater.inflate(&frame).unwrap();
            assert_eq!(format!("{:?}", decoder.decode(text)), format!("{:?}", decoder.decode(line.as_bytes())));
        }
        println!("{file}: {} bytes in {sent}", lines.len());
        assert!(sent * 2 < lines.len(), "{file}: {} bytes in {sent}", lines.len());
    }
}

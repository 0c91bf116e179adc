//! Compressed frames on both wires, and every way in which there is no dictionary for them.

use super::*;
use crate::demo::jetstream::JetstreamSimulator;
use crate::ingest::sources::bluesky::inflate::V1_DICTIONARY_ID;
use crate::ingest::sources::bluesky::inflate::tests::{bomb, compressor, trained};

const POSTS: &str = include_str!("../../../../../../tests/fixtures/bluesky/posts.jsonl");

fn settings(wire: Wire, endpoint: String) -> BlueskySettings {
    BlueskySettings { wire, compress: true, endpoints: vec![endpoint], ..BlueskySettings::default() }
}

/// What a server sends, as `Debug` has it, in order.
async fn everything(settings: BlueskySettings) -> (Vec<String>, String) {
    let mut run = run_with(settings, Some(T0), QUICK, 64);
    let mut seen = Vec::new();
    for _ in POSTS.lines() {
        let observation = timeout(Duration::from_secs(15), run.seen.recv()).await.unwrap().unwrap();
        seen.push(format!("{observation:?}"));
    }
    let detail = run.detail();
    run.stop().await;
    (seen, detail)
}

#[tokio::test]
async fn both_wires_bring_the_same_with_and_without_compression() {
    let shutdown = Shutdown::new();
    let simulator = JetstreamSimulator::start(shutdown.clone()).await.unwrap();
    POSTS.lines().for_each(|post| simulator.push(post));
    simulator.set_dictionary(Wire::V1, Some(trained(V1_DICTIONARY_ID)));
    simulator.set_dictionary(Wire::V2, Some(trained(20_260_811)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("legacy.zdict");
    std::fs::write(&file, trained(V1_DICTIONARY_ID)).unwrap();
    let v1 = BlueskySettings { dictionary: Some(file), ..settings(Wire::V1, simulator.url()) };
    let v2 = settings(Wire::V2, simulator.url());
    let (expected, _) = everything(BlueskySettings { compress: false, ..v1.clone() }).await;
    for form in [v1, BlueskySettings { compress: false, ..v2.clone() }, v2] {
        let (seen, detail) = everything(form.clone()).await;
        assert_eq!((seen, detail.as_str()), (expected.clone(), ""), "{form:?}");
    }
}

#[tokio::test]
async fn without_the_first_wires_dictionary_frames_come_uncompressed_and_it_is_said() {
    let mut tasks = JoinSet::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        Some(folder.path().join(name))
    };
    let web = Server::start(
        vec![Act::Answer(404, Vec::new()), Act::Answer(200, vec![0; 2 << 20]), Act::Answer(200, trained(7))],
        &mut tasks,
    )
    .await;
    let address = || Some(web.url.replace("ws://", "http://"));
    for (dictionary, dictionary_url, why) in [
        (None, None, "neither dictionary nor dictionary_url is configured"),
        (
            Some(folder.path().join("absent")),
            None,
            "the dictionary can't be read: No such file or directory (os error 2)",
        ),
        (file("seven", &trained(7)), None, "the dictionary is not used: its id is 7 and not 1612007021"),
        (file("text", b"{}"), None, "the dictionary is not used: it is not a zstd dictionary"),
        (file("head", &trained(V1_DICTIONARY_ID)[..20]), None, "the dictionary is not used: it is damaged"),
        (file("large", &vec![0; 2 << 20]), None, "the dictionary is not used: it is larger than 1 MiB"),
        (None, address(), "the dictionary can't be fetched: HTTP 404"),
        (None, address(), "the dictionary is not used: it is larger than 1 MiB"),
        (None, address(), "the dictionary is not used: its id is 7 and not 1612007021"),
    ] {
        let server = Server::start(vec![Act::Send(vec![at(T0)])], &mut tasks).await;
        let settings = settings(Wire::V1, server.url.clone());
        let mut run = run_with(BlueskySettings { dictionary, dictionary_url, ..settings }, None, QUICK, 8);
        assert_eq!(run.take(1).await, ["0"]);
        run.until_detail(SourceState::CatchingUp, &format!("frames come uncompressed: {why}")).await;
        assert_eq!(server.asked()[0].query.get("compress"), None);
        run.stop().await;
    }
}

#[tokio::test]
async fn the_first_wires_dictionary_may_be_fetched_and_is_fetched_once() {
    let mut tasks = JoinSet::new();
    let dictionary = trained(V1_DICTIONARY_ID);
    let web = Server::start(vec![Act::Answer(200, dictionary.clone()), Act::Answer(500, Vec::new())], &mut tasks).await;
    let mut compressor = compressor(&dictionary);
    let mut frame = |second| Message::binary(compressor.compress(deletion(T0 + second * SECOND).as_bytes()).unwrap());
    let acts = vec![Act::SendAndClose(vec![frame(0)]), Act::Send(vec![frame(1)])];
    let server = Server::start(acts, &mut tasks).await;
    let dictionary_url = Some(web.url.replace("ws://", "http://"));
    let settings = BlueskySettings { dictionary_url, ..settings(Wire::V1, server.url.clone()) };
    let mut run = run_with(settings, None, QUICK, 8);
    assert_eq!(run.take(2).await, ["0", "1"]);
    assert!(server.asked().iter().all(|asked| asked.query["compress"] == ["true"]));
    run.stop().await;
}

#[tokio::test]
async fn a_server_that_has_a_new_dictionary_is_asked_for_it_at_once() {
    let shutdown = Shutdown::new();
    let simulator = JetstreamSimulator::start(shutdown.clone()).await.unwrap();
    simulator.push(deletion(T0));
    simulator.set_dictionary(Wire::V2, Some(trained(7)));
    let mut run = run_with(settings(Wire::V2, simulator.url()), Some(T0), QUICK, 8);
    assert_eq!(run.take(1).await, ["0"]);
    simulator.set_dictionary(Wire::V2, Some(trained(8)));
    simulator.drop_clients();
    assert_eq!(run.take(1).await, ["0"]);
    run.until_detail(SourceState::CatchingUp, "").await;
    // One that no longer compresses is read all the same.
    simulator.set_dictionary(Wire::V2, None);
    simulator.drop_clients();
    assert_eq!(run.take(1).await, ["0"]);
    let words = "frames come uncompressed: the dictionary can't be fetched: HTTP 400";
    run.until_detail(SourceState::CatchingUp, words).await;
    run.stop().await;
}

#[tokio::test]
async fn a_server_that_does_not_know_its_own_dictionary_is_read_uncompressed() {
    let mut tasks = JoinSet::new();
    let gives = || Act::Answer(200, trained(7));
    let declines = || Act::Answer(400, br#"{"error":"UnknownZstdDictionary","message":""}"#.to_vec());
    let event = crate::demo::frames::wire_v2::message(&deletion(T0), 1).unwrap();
    let acts =
        vec![gives(), declines(), declines(), gives(), declines(), declines(), Act::Send(vec![Message::text(event)])];
    let server = Server::start(acts, &mut tasks).await;
    let mut run = run_with(settings(Wire::V2, server.url.clone()), None, QUICK, 8);
    assert_eq!(run.take(1).await, ["0"]);
    assert_eq!(server.asked()[0].query.get("zstdDictionary"), None);
    let words = "frames come uncompressed: the server does not know its own dictionary";
    run.until_detail(SourceState::CatchingUp, words).await;
    run.stop().await;
}

/// A server of the first wire, and settings with its dictionary.
async fn compressing(acts: Vec<Act>, folder: &tempfile::TempDir, tasks: &mut JoinSet<()>) -> (Server, BlueskySettings) {
    let file = folder.path().join("dictionary");
    std::fs::write(&file, trained(V1_DICTIONARY_ID)).unwrap();
    let server = Server::start(acts, tasks).await;
    let settings = BlueskySettings { dictionary: Some(file), ..settings(Wire::V1, server.url.clone()) };
    (server, settings)
}

#[tokio::test]
async fn h2_a_bomb_is_counted_and_skipped_and_the_stream_goes_on() {
    let (mut tasks, folder) = (JoinSet::new(), tempfile::tempdir().unwrap());
    let mut compressor = compressor(&trained(V1_DICTIONARY_ID));
    let mut frame = |second| Message::binary(compressor.compress(deletion(T0 + second * SECOND).as_bytes()).unwrap());
    let mut frames = vec![frame(0)];
    // More of them than would make a dictionary doubtful.
    frames.extend((0..20).map(|_| Message::binary(bomb())));
    frames.extend([Message::binary(b"no frame".to_vec()), frame(1), at(T0 + 2 * SECOND)]);
    let (server, settings) = compressing(vec![Act::Send(frames)], &folder, &mut tasks).await;
    let mut run = run_with(settings, None, QUICK, 64);
    let mut expected = vec!["0"];
    expected.extend(["oversized"; 20]);
    expected.extend(["malformed", "1", "2"]);
    assert_eq!(run.take(24).await, expected);
    assert_eq!(server.asked().len(), 1);
    run.stop().await;
}

#[tokio::test]
async fn d1_a_dictionary_with_which_nothing_can_be_read_is_given_up_and_nothing_is_lost() {
    let (mut tasks, folder) = (JoinSet::new(), tempfile::tempdir().unwrap());
    let mut other = compressor(&trained(8));
    let frames = (0..40).map(|second| deletion(T0 + second * SECOND));
    let unreadable = frames.map(|frame| Message::binary(other.compress(frame.as_bytes()).unwrap())).collect();
    let acts = vec![Act::Send(unreadable), Act::Send(vec![at(T0), at(T0 + SECOND)])];
    let (server, settings) = compressing(acts, &folder, &mut tasks).await;
    let mut run = run_with(settings, Some(T0), QUICK, 64);
    let mut expected = vec!["malformed"; DOUBTS_MAX as usize];
    expected.extend(["0", "1"]);
    assert_eq!(run.take(18).await, expected);
    let words = "frames come uncompressed: frames could not be read with the dictionary";
    run.until_detail(SourceState::CatchingUp, words).await;
    let asked = server.asked();
    assert_eq!((asked[0].cursor, asked[1].cursor), (Some(T0 - ELSEWHERE), Some(T0 - ELSEWHERE)));
    assert_eq!(asked[1].query.get("compress"), None);
    run.stop().await;
}

#[tokio::test]
async fn two_places_for_one_dictionary_and_a_private_address_are_errors_of_configuration() {
    let public = BlueskySettings { compress: true, ..BlueskySettings::default() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let error = |settings| {
        let outbound = Outbound::new("", false).unwrap();
        Bluesky::new(settings, outbound, clock.clone()).err().unwrap_or_default()
    };
    let (dictionary, dictionary_url) = (Some("a".into()), Some("https://a.example/b".to_owned()));
    let two = BlueskySettings { dictionary, dictionary_url, ..public.clone() };
    assert!(error(two).contains("give one of the two"));
    let private = BlueskySettings { dictionary_url: Some("http://10.0.0.1/x".into()), ..public.clone() };
    assert!(error(private).contains("dictionary_url"));
    assert_eq!(error(public), "");
}

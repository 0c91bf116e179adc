//! H2: what is sent to make the server use memory. Each is sent to the real program, whose peak is read from the
//! system; then an honest post must come through as if nothing had been.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::hostile::{Body, Memory, RawAppView, RawStream, frame_head};
use crate::support::server::{CITY, Server, client};

const MIB: usize = 1 << 20;
/// What any one of them may cost.
const EXTRA_MAX: u64 = 16 * MIB as u64;

struct Scene {
    stream: RawStream,
    appview: RawAppView,
    server: Server,
    posts: usize,
    memory: Memory,
}

impl Scene {
    async fn start() -> Self {
        let (stream, appview) = (RawStream::start(), RawAppView::start());
        let mut server = Server::prepare_at(&[stream.url()], &appview.url(), "[source.feed]\n[source.opendata]\n");
        server.start();
        let memory = Memory::watch(server.pid());
        let mut scene = Self { stream, appview, server, posts: 0, memory };
        // What an honest stream costs is there before anything is measured: caches, pools, pages of code.
        for _ in 0..5 {
            scene.honest_post().await;
        }
        scene.stream.send_text(&post("did:plc:chauffe", "k", &"x".repeat(900_000), ""));
        scene.honest_post().await;
        scene.memory = Memory::watch(scene.server.pid());
        scene
    }

    /// Sends a post and waits until it is shown.
    async fn honest_post(&mut self) {
        self.posts += 1;
        let text = format!("Bonjour {} #ville", self.posts);
        let author = format!("did:plc:honnete{}", self.posts);
        self.stream.send_text(&post(&author, "k", &text, ""));
        self.wait_for(&text).await;
    }

    async fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.server.json("/api/v1/cities/ville/posts?limit=1").await["posts"][0]["text"] != *text {
            assert!(Instant::now() < deadline, "{text} never came; log: {}", self.server.log_text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn source_is(&self, state: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.server.source_state().await != state {
            assert!(Instant::now() < deadline, "it is never {state}; log: {}", self.server.log_text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until it has hung up and come back: what is sent before would be sent to nobody.
    async fn subscribed_after(&self, before: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.stream.subscriptions() == before {
            assert!(Instant::now() < deadline, "it never came back; log: {}", self.server.log_text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Does something and an honest post after it, and checks what all has cost so far.
    async fn costs_little(&mut self, name: &str, bomb: impl AsyncFnOnce(&mut Self)) {
        bomb(self).await;
        self.honest_post().await;
        // Of this one and of all before it: what is kept counts too.
        let extra = self.memory.extra();
        println!("{name}: {:.1} MiB", extra as f64 / MIB as f64);
        assert!(extra <= EXTRA_MAX, "{name}: {extra} bytes");
    }

    /// An answer for an author, and what comes after it is honest again.
    async fn answer(&mut self, name: &str, headers: &str, body: Body) {
        let headers = headers.to_owned();
        self.costs_little(name, async move |scene| {
            let before = scene.appview.given();
            scene.appview.answer(Some((&headers, body)));
            scene.posts += 1;
            let text = format!("Bonjour {} #ville", scene.posts);
            scene.stream.send_text(&post(&format!("did:plc:honnete{}", scene.posts), "k", &text, ""));
            let deadline = Instant::now() + Duration::from_secs(60);
            while scene.appview.given() == before {
                assert!(Instant::now() < deadline, "nobody asks");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            scene.appview.answer(None);
            scene.wait_for(&text).await;
        })
        .await;
    }
}

fn now_us() -> i64 {
    parvis::clock::Clock::now(&parvis::clock::SystemClock).as_micros()
}

/// A frame of a post; `more` is put into its record.
fn post(did: &str, key: &str, text: &str, more: &str) -> String {
    let (time, end) = (now_us(), text.len());
    let created = parvis::domain::Timestamp::from_micros(time).to_rfc3339();
    format!(
        r##"{{"did":"{did}","time_us":{time},"kind":"commit","commit":{{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"{key}","cid":"b","record":{{"$type":"app.bsky.feed.post","createdAt":"{created}","langs":["fr"],"text":"{text}","facets":[{{"index":{{"byteStart":{},"byteEnd":{end}}},"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"ville"}}]}}]{more}}}}}}}"##,
        end.saturating_sub(6),
    )
}

/// A record with a list of as many of these as a frame may hold.
fn full(field: &str, element: &str, before: &str, after: &str) -> String {
    let list = vec![element; 1_000_000 / (element.len() + 1)].join(",");
    post("did:plc:plein", "k", "plein #ville", &format!(r#","{field}":{before}[{list}]{after}"#))
}

#[tokio::test]
async fn h2_no_frame_of_the_stream_costs_more_than_it_may() {
    let mut scene = Scene::start().await;
    let zeros = vec![b'0'; MIB];
    for (name, mebibytes, times) in [("a frame of 2 MiB", 2, 1), ("five frames of 4 MiB", 4, 5)] {
        scene
            .costs_little(name, async |scene| {
                for _ in 0..times {
                    assert!(scene.stream.send(&frame_head(0x81, (mebibytes * MIB) as u64)));
                    (0..mebibytes).for_each(|_| assert!(scene.stream.send(&zeros)));
                }
            })
            .await;
    }
    scene
        .costs_little("a message of 4 MiB in two", async |scene| {
            for first in [0x01, 0x80] {
                assert!(scene.stream.send(&frame_head(first, 2 * MIB as u64)));
                (0..2).for_each(|_| assert!(scene.stream.send(&zeros)));
            }
        })
        .await;
    scene
        .costs_little("a message of 4 MiB, nearly all in its second frame", async |scene| {
            assert!(scene.stream.send(&[0x01, 1, b'0']));
            assert!(scene.stream.send(&frame_head(0x80, 4 * MIB as u64 - 1)));
            (0..3).for_each(|_| assert!(scene.stream.send(&zeros)));
            assert!(scene.stream.send(&zeros[1..]));
        })
        .await;
    scene
        .costs_little("a message in frames of one byte", async |scene| {
            assert!(scene.stream.send(&[0x01, 1, b'0']));
            let fragments = [0x00, 1, b'0'].repeat(100_000);
            (0..3).for_each(|_| assert!(scene.stream.send(&fragments)));
            assert!(scene.stream.send(&[0x80, 0]));
        })
        .await;
    for (name, more) in [
        ("facets that are empty", full("x", "0", "", "").replace(r#""x":["#, r#""tags":["#)),
        ("features that are empty", full("facets", "{}", r#"[{"features":"#, "}]")),
        (
            "features of many facets",
            full("facets", r#"{"features":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}"#, "", ""),
        ),
        ("places that are empty", full("locations", "{}", "", "")),
        ("images that are empty", full("embed", "{}", r#"{"$type":"app.bsky.embed.images","images":"#, "}")),
        ("labels that are empty", full("labels", "{}", r#"{"values":"#, "}")),
        ("languages that are empty", full("languages", "\"\"", "", "")),
        ("a record that nests", post("did:plc:nid", "k", "x", &format!(",\"embed\":{}", "[".repeat(500_000)))),
        (
            "a record of 128 levels",
            post("did:plc:nid", "k", "x", &format!(",\"embed\":{}1{}", "[".repeat(100), "]".repeat(100))),
        ),
    ] {
        scene.costs_little(name, async move |scene| (0..3).for_each(|_| scene.stream.send_text(&more))).await;
    }
    // What goes wrong in good order does not cut the stream.
    assert_eq!(scene.stream.subscriptions(), 1, "{}", scene.server.log_text());

    for (name, head) in [
        ("a head that claims 2^63 bytes", frame_head(0x82, 1 << 63)),
        ("a head that claims 2^64-1 bytes", frame_head(0x81, u64::MAX)),
        ("a head that claims 5 MiB", frame_head(0x81, 5 * MIB as u64)),
    ] {
        scene
            .costs_little(name, async move |scene| {
                let before = scene.stream.subscriptions();
                scene.stream.send(&head);
                scene.subscribed_after(before).await;
            })
            .await;
    }
    scene
        .costs_little("a message without an end", async |scene| {
            // It hangs up when more than 4 MiB have come, at the latest after what is on the way.
            let before = scene.stream.subscriptions();
            let mut sent = scene.stream.send(&[0x01, 0]);
            for _ in 0..64 {
                sent = sent && scene.stream.send(&frame_head(0x00, MIB as u64)) && scene.stream.send(&zeros);
            }
            assert!(!sent, "it listens to a message without an end");
            scene.subscribed_after(before).await;
        })
        .await;
}

#[tokio::test]
async fn h2_texts_that_wait_cost_little() {
    let mut scene = Scene::start().await;
    // Nobody answers for the author of the first, so all that follows waits.
    scene.appview.answer(Some(("content-length: 0\r\n", |_| Ok(()))));
    scene
        .costs_little("forty replies of a megabyte to a post that waits", async |scene| {
            let long = "x".repeat(900_000);
            let thread = r#","reply":{"root":{"uri":"at://did:plc:attend/app.bsky.feed.post/k"},"parent":{"uri":"at://did:plc:attend/app.bsky.feed.post/k"}}"#;
            scene.stream.send_text(&post("did:plc:attend", "k", "j’attends #ville", ""));
            for reply in 0..40 {
                scene.stream.send_text(&post("did:plc:replique", &format!("k{reply}"), &long, thread));
            }
            scene.appview.answer(None);
        })
        .await;
}

#[tokio::test]
async fn h2_the_largest_posts_of_accounts_that_nobody_knows_cost_little_while_they_wait() {
    // More than are held, queued, and on their way together.
    const POSTS: usize = 400;
    let mut scene = Scene::start().await;
    scene.appview.answer(Some(("content-length: 0\r\n", |_| Ok(()))));
    let stream = scene.stream.clone();
    let sending = std::thread::spawn(move || {
        // Each is kept at full length: of ten thousand characters of three bytes, with all the media it may have.
        let (long, alt) = ("語".repeat(9_990), "é".repeat(2_000));
        let image = format!(r#"{{"alt":"{alt}","image":{{}}}}"#);
        let images = format!(r#","embed":{{"$type":"app.bsky.embed.images","images":[{}]}}"#, [&*image; 4].join(","));
        for number in 0..POSTS {
            let author = format!("did:plc:inconnu{number}");
            stream.send_text(&post(&author, "k", &format!("{long} #ville"), &images));
        }
    });
    scene.source_is("waiting_for_profiles").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!sending.is_finished(), "it reads on");
    let extra = scene.memory.extra();
    println!("while they wait: {:.1} MiB", extra as f64 / MIB as f64);
    assert!(extra <= EXTRA_MAX, "{extra} bytes");
    // What is stored afterwards fills caches that are bounded elsewhere; here it must only go on.
    scene.appview.answer(None);
    while !sending.is_finished() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    scene.honest_post().await;
    scene.source_is("live").await;
}

/// 10 GiB of zeros as gzip: one block, which needs nothing before it, again and again.
fn gzip_bomb(out: &mut dyn Write) -> std::io::Result<()> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; MIB])?;
    encoder.flush()?;
    let block = encoder.get_ref().clone();
    out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
    (0..10 * 1_024).try_for_each(|_| out.write_all(&block))
}

fn brotli_bomb(out: &mut dyn Write) -> std::io::Result<()> {
    let mut encoder = brotli::CompressorWriter::new(out, 1 << 16, 5, 24);
    let zeros = vec![b' '; MIB];
    (0..10 * 1_024).try_for_each(|_| encoder.write_all(&zeros))
}

fn endless(out: &mut dyn Write) -> std::io::Result<()> {
    let spaces = vec![b' '; MIB];
    (0..10 * 1_024).try_for_each(|_| out.write_all(&spaces))
}

/// An answer as large as one may be, whose list is full of these.
fn filled(out: &mut dyn Write, before: &str, element: &str, after: &str) -> std::io::Result<()> {
    let room = 2 * MIB - before.len() - after.len();
    let body = format!("{before}{}{after}", vec![element; room / (element.len() + 1)].join(","));
    write!(out, "content-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn h2_no_answer_of_the_appview_costs_more_than_it_may() {
    let mut scene = Scene::start().await;
    scene.answer("10 GiB of gzip", "content-encoding: gzip\r\n", gzip_bomb).await;
    scene.answer("10 GiB of brotli", "content-encoding: br\r\n", brotli_bomb).await;
    scene.answer("10 GiB as they are", "content-length: 10737418240\r\n", endless).await;
    scene.answer("10 GiB without a length", "", endless).await;
    scene.answer("profiles that are numbers", "", |out| filled(out, r#"{"profiles":["#, "0", "]}")).await;
    scene
        .answer("labels that are empty", "", |out| {
            filled(out, r#"{"profiles":[{"did":"did:plc:a","labels":["#, r#"{"val":"","neg":true}"#, "]}]}")
        })
        .await;
    scene.answer("an answer that nests", "", |out| out.write_all("[".repeat(2 * MIB).as_bytes())).await;
    scene
        .answer("headers without an end", "", |out| {
            (0..1_000_000).try_for_each(|number| write!(out, "x-{number}: {}\r\n", "y".repeat(1_000)))
        })
        .await;
}

#[tokio::test]
async fn h2_no_feed_costs_more_than_it_may() {
    let bombs: [(&str, &str, Body); 12] = [
        ("a feed of 10 GiB of gzip", "content-encoding: gzip\r\n", gzip_bomb),
        ("a feed of 10 GiB of brotli", "content-encoding: br\r\n", brotli_bomb),
        ("a feed of 10 GiB as it is", "content-length: 10737418240\r\n", endless),
        ("a feed that nests", "\r\n", |out| {
            out.write_all(b"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel>")?;
            out.write_all("<item>".repeat(700_000).as_bytes())
        }),
        ("a feed whose entities double", "\r\n", |out| {
            let mut entities = String::from("<!ENTITY a0 \"lol\">");
            for n in 1..40 {
                entities.push_str(&format!("<!ENTITY a{n} \"&a{m};&a{m};\">", m = n - 1));
            }
            write!(
                out,
                "<?xml version=\"1.0\"?><!DOCTYPE rss [{entities}]><rss version=\"2.0\"><channel><title>&a39;</title>\
                 <item><title>&a39;</title></item></channel></rss>"
            )
        }),
        ("a feed of half a million items", "\r\n", |out| {
            out.write_all(b"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>x</title>")?;
            out.write_all("<item/>".repeat(500_000).as_bytes())?;
            out.write_all(b"</channel></rss>")
        }),
        ("a JSON feed of half a million items", "content-type: application/feed+json\r\n\r\n", |out| {
            let items = vec!["{\"id\":\"\"}"; 450_000].join(",");
            write!(out, "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{items}]}}")
        }),
        ("a feed with a title of 4 MiB", "\r\n", |out| {
            out.write_all(b"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><item><title>")?;
            (0..4).try_for_each(|_| out.write_all(&vec![b'x'; MIB]))?;
            out.write_all(b"</title></item></channel></rss>")
        }),
        ("a JSON feed that nests", "content-type: application/feed+json\r\n\r\n", |out| {
            out.write_all(b"{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":")?;
            out.write_all("[".repeat(4 * MIB).as_bytes())
        }),
        ("a calendar of a hundred thousand events", "content-type: text/calendar\r\n\r\n", |out| {
            out.write_all(b"BEGIN:VCALENDAR\n")?;
            out.write_all("BEGIN:VEVENT\nUID:\nDTSTART:20991201\nEND:VEVENT\n".repeat(100_000).as_bytes())
        }),
        ("a calendar of one line", "content-type: text/calendar\r\n\r\n", |out| {
            out.write_all(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:")?;
            out.write_all("x\n ".repeat(MIB).as_bytes())
        }),
        ("a calendar of rules without end", "content-type: text/calendar\r\n\r\n", |out| {
            out.write_all(b"BEGIN:VCALENDAR\n")?;
            (0..9_000).try_for_each(|n| {
                write!(out, "BEGIN:VEVENT\nUID:{n}\nDTSTART:19000101T090000\nDURATION:P399D\nRRULE:FREQ=DAILY;COUNT=99999999\nRDATE:20991201T090000\nSUMMARY:{n}\nEND:VEVENT\n")
            })
        }),
    ];
    explode(bombs, |url, number| format!("[[feed]]\nurl = \"{url}/{number}.rss\"\nlane = \"info\"\n")).await;
}

#[tokio::test]
async fn h2_no_dataset_costs_more_than_it_may() {
    let bombs: [(&str, &str, Body); 5] = [
        ("a dataset of 10 GiB of gzip", "content-encoding: gzip\r\n", gzip_bomb),
        ("a dataset of 10 GiB as it is", "content-length: 10737418240\r\n", endless),
        ("a dataset that nests", "\r\n", |out| {
            out.write_all(b"{\"total_count\":1,\"results\":")?;
            out.write_all("[".repeat(900_000).as_bytes())
        }),
        ("a dataset of a hundred thousand records", "\r\n", |out| {
            let records = vec!["{\"a\":1}"; 110_000].join(",");
            write!(out, "{{\"total_count\":1,\"results\":[{records}]}}")
        }),
        ("a dataset of one record of all keys", "\r\n", |out| {
            let keys: Vec<String> = (0..90_000).map(|n| format!("\"{n}\":[]")).collect();
            write!(out, "{{\"total_count\":1,\"results\":[{{{}}}]}}", keys.join(","))
        }),
    ];
    explode(bombs, |url, number| {
        format!(
            "[[opendata]]\nportal = \"{url}\"\ndataset = \"d{number}\"\nlane = \"info\"\nfields = {{ id = \"0\", title = \"1\" }}\n"
        )
    })
    .await;
}

/// Has a server read each of these as what a city lists.
async fn explode<const N: usize>(bombs: [(&str, &str, Body); N], entry: impl Fn(&str, usize) -> String) {
    let mut scene = Scene::start().await;
    // The same kind of server, as somebody's site.
    let site = RawAppView::start();
    let cities = scene.server.folder.path().join("cities/ville.toml");
    for (number, (name, headers, body)) in bombs.into_iter().enumerate() {
        site.answer(Some((headers, body)));
        // Each by itself: a document is held a few times over while it is read, and the allocator keeps the room.
        scene.memory = Memory::watch(scene.server.pid());
        let given = site.given();
        scene
            .costs_little(name, async |scene| {
                std::fs::write(&cities, format!("{CITY}{}", entry(&site.url(), number))).unwrap();
                let deadline = Instant::now() + Duration::from_secs(60);
                while site.given() == given {
                    assert!(Instant::now() < deadline, "nobody reads it; log: {}", scene.server.log_text());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                // Time to read it, and to be tempted.
                tokio::time::sleep(Duration::from_secs(1)).await;
            })
            .await;
    }
}

#[tokio::test]
async fn h2_no_client_costs_more_than_it_may() {
    let mut scene = Scene::start().await;
    let address = scene.server.address();
    let upgrade = "GET /api/v1/cities/ville/live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let masked = |first: u8, length: u64| {
        let mut head = frame_head(first, length);
        head[1] |= 0x80;
        head.extend([0; 4]);
        head
    };
    let zeros = vec![0; MIB];
    for (name, head) in [
        ("a client's frame of 2^63 bytes", masked(0x82, 1 << 63)),
        ("a client's frame of 64 MiB", masked(0x82, 64 * MIB as u64)),
        ("a client's message in parts", masked(0x02, 4_096)),
        ("a client's ping of 64 KiB", masked(0x89, 65_536)),
    ] {
        let zeros = zeros.clone();
        scene
            .costs_little(name, async move |_| {
                // Twenty at once, each sending as long as it is heard.
                let clients: Vec<_> = (0..20)
                    .map(|_| {
                        let (head, zeros) = (head.clone(), zeros.clone());
                        std::thread::spawn(move || {
                            let mut socket = std::net::TcpStream::connect(address).unwrap();
                            socket.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
                            socket.write_all(upgrade.as_bytes()).unwrap();
                            let mut hears = socket.write_all(&head).is_ok();
                            let deadline = Instant::now() + Duration::from_secs(30);
                            while hears {
                                hears = socket.write_all(&zeros).is_ok();
                                assert!(Instant::now() < deadline, "it listens without end");
                            }
                        })
                    })
                    .collect();
                clients.into_iter().for_each(|client| client.join().unwrap());
            })
            .await;
    }
    scene
        .costs_little("forms that unfold a thousandfold", async |scene| {
            for encoding in ["gzip", "br"] {
                let body = match encoding {
                    "gzip" => {
                        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                        (0..32).for_each(|_| encoder.write_all(&vec![b'a'; MIB]).unwrap());
                        encoder.finish().unwrap()
                    }
                    _ => {
                        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 5, 22);
                        (0..32).for_each(|_| encoder.write_all(&vec![b'a'; MIB]).unwrap());
                        encoder.into_inner()
                    }
                };
                let sent = client()
                    .post(scene.server.url("/ville/leave"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("content-encoding", encoding)
                    .body(body)
                    .send()
                    .await;
                assert!(sent.is_ok_and(|answer| answer.status().is_client_error()), "{encoding}");
            }
        })
        .await;
    scene
        .costs_little("heads without an end", async move |_| {
            let mut socket = std::net::TcpStream::connect(address).unwrap();
            socket.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
            let mut hears = socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").is_ok();
            for number in 0..64_000 {
                hears = hears && write!(socket, "x-{number}: {}\r\n", "y".repeat(1_000)).is_ok();
            }
            assert!(!hears, "64 MiB of headers are listened to");
        })
        .await;
}

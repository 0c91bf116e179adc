use super::*;

/// Reads an SSE stream as a browser does.
struct Source {
    response: reqwest::Response,
    buffer: String,
}

impl Source {
    async fn open(server: &TestServer, query: &str, last: Option<&str>) -> Self {
        let mut request = client().get(format!("http://{}/api/v1/cities/nantes/events{query}", server.address));
        request = request.header("accept-encoding", "br, gzip");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        Self { response: request.send().await.unwrap(), buffer: String::new() }
    }

    /// The next block; `None` at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(5), self.response.chunk()).await.unwrap();
            self.buffer.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        }
    }

    /// The next message; its `id:` must be the cursor in it.
    async fn message(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let Some(data) = field("data: ") {
                if let Some(id) = field("id: ") {
                    assert!(data.contains(&id), "{block}");
                }
                return Some(data);
            }
        }
    }
}

#[tokio::test]
async fn w1_a_browser_that_comes_back_with_its_last_event_id_misses_nothing() {
    let server = spawn().await;
    let mut page = Page::load(&server, "").await;
    let mut source = Source::open(&server, &format!("?cursor={}", page.cursor), None).await;
    assert!(source.block().await.unwrap().starts_with("retry: "));
    page.take(&source.message().await.unwrap());
    server.put(1, "un");
    page.take(&source.message().await.unwrap());
    drop(source);
    server.put(2, "deux");
    server.step(Step::Remove { id: 1 });
    // The header goes before the address, which a browser repeats unchanged.
    let first = crate::domain::Cursor::new(&server.log.city, server.log.epoch, crate::domain::Offset(0)).token();
    let mut source = Source::open(&server, &format!("?cursor={first}"), Some(&page.cursor)).await;
    let before = page.cursor.clone();
    page.take(&source.message().await.unwrap());
    assert_eq!((page.recovered, &page.cursor), (Some(true), &before));
    page.take(&source.message().await.unwrap());
    page.is_what_the_page_shows(&server, &Filter::default());
    assert_eq!(page.shown.values().collect::<Vec<_>>(), ["deux"]);
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let server = spawn().await;
    let source = Source::open(&server, "", Some("nonsense")).await;
    assert_eq!(source.response.status(), 400);
    let source = Source::open(&server, "?cursor=nonsense", None).await;
    assert_eq!(source.response.status(), 400);
}

#[tokio::test]
async fn w6_comments_keep_a_quiet_stream_open_and_a_drain_ends_it_until_there_is_a_server_again() {
    let timing = SessionTiming { comment_every: Duration::from_millis(20), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut source = Source::open(&server, "", None).await;
    assert_eq!(source.response.headers()["content-encoding"], "identity");
    for expected in ["retry: 3000", "id: ", ": here", ": here"] {
        assert!(source.block().await.unwrap().starts_with(expected));
    }
    server.live.drain();
    let mut last = None;
    while let Some(block) = source.block().await {
        last = Some(block);
    }
    // One who came back in the usual time would be refused, and a browser takes that for the end.
    assert_eq!(last.unwrap().trim(), "retry: 15000");
    assert_eq!(Source::open(&server, "", None).await.response.status(), 503);
}

#[tokio::test]
async fn w5_an_address_has_its_share_and_a_reader_who_hangs_up_gives_it_back() {
    let server = spawn_with(LiveLimits { sessions_per_address_max: 1, ..limits() }, settings()).await;
    let first = Source::open(&server, "", None).await;
    assert_eq!(first.response.status(), 200);
    assert_eq!(Source::open(&server, "", None).await.response.status(), 429);
    drop(first);
    let freed = async {
        while server.live.sessions().count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), freed).await.unwrap();
    assert_eq!(Source::open(&server, "", None).await.response.status(), 200);
}

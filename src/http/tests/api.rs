use std::sync::atomic::Ordering;

use super::*;

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn cities_are_listed_with_zones_and_addresses() {
    let server = spawn().await;
    let cities = server.json("/api/v1/cities").await;
    let expected = serde_json::json!({
        "slug": "nantes", "name": "NANTES", "languages": ["fr", "br"], "zones": ["Centre-ville"],
        "url": "https://parvis.example/nantes",
    });
    assert_eq!(cities["cities"][0], expected);
}

#[tokio::test]
async fn posts_come_newest_first_in_pages_that_join() {
    let server = spawn().await;
    (0..5).for_each(|id| server.put(id, &format!("numéro {id}")));
    let first = server.json("/api/v1/cities/nantes/posts?limit=2").await;
    let texts = |page: &Value| -> Vec<String> {
        page["posts"].as_array().unwrap().iter().map(|post| text(post, "text")).collect()
    };
    assert_eq!(texts(&first), ["numéro 4", "numéro 3"]);
    let second = server.json(&format!("/api/v1/cities/nantes/posts?limit=3&before={}", text(&first, "next"))).await;
    assert_eq!(texts(&second), ["numéro 2", "numéro 1", "numéro 0"]);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(second["posts"][0]["copies"], serde_json::json!([]));
}

#[tokio::test]
async fn a_bad_parameter_is_named_with_its_mend() {
    let server = spawn().await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("before=x", "before"),
        ("zone=Ailleurs", "zone"),
        ("network=myspace", "network"),
        ("lang=french", "lang"),
        ("lane=fast", "lane"),
        ("q=a", "q"),
        ("tag=%23--", "tag"),
        ("page=2", "page"),
        ("tag=a&tag=b", "tag"),
        ("cursor=x", "cursor"),
    ] {
        let response = server.get(&format!("/api/v1/cities/nantes/posts?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(header(&response, "content-type"), "application/problem+json");
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["parameter"], parameter, "{query}");
        assert_eq!(problem["status"], 400);
        assert!(!text(&problem, "mend").is_empty() && text(&problem, "detail").contains(parameter), "{problem}");
    }
    let fine = "/api/v1/cities/nantes/posts?zone=centre%20ville&tag=%23Nantes&lang=FR&q=";
    assert_eq!(server.get(fine).await.status(), 200);
    // Every network that the contract names may be asked for, whether or not it is read yet.
    for network in ["bluesky", "mastodon", "nostr", "feed", "opendata", "push", "x"] {
        let response = server.get(&format!("/api/v1/cities/nantes/posts?network={network}")).await;
        assert_eq!(response.status(), 200, "{network}");
    }
}

#[tokio::test]
async fn an_unknown_city_is_answered_with_near_names() {
    let server = spawn().await;
    for path in ["/api/v1/cities/nante/posts", "/api/v1/cities/nante/sources", "/api/v1/cities/nante/events"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), 404);
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["near"], serde_json::json!(["nantes"]));
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_the_api_is_open_to_all() {
    let server = spawn().await;
    for path in ["/api/v1/cities", "/api/v1/cities/nowhere/posts", "/healthz", "/nothing/here"] {
        let response = server.get(path).await;
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer", "{path}");
        assert!(header(&response, "content-security-policy").contains("default-src 'none'"), "{path}");
        let open = if path.starts_with("/api") { "*" } else { "" };
        assert_eq!(header(&response, "access-control-allow-origin"), open, "{path}");
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let server = spawn().await;
    for path in ["/api/v1/nothing", "/api/v2/cities", "/nothing"] {
        let response = server.get(path).await;
        assert_eq!((response.status().as_u16(), header(&response, "content-type")), (404, "application/problem+json"));
    }
    let address = format!("http://{}/api/v1/cities", server.address);
    let posted = client().post(&address).send().await.unwrap();
    assert_eq!((posted.status().as_u16(), header(&posted, "allow")), (405, "GET, HEAD"));
    let head = client().head(&address).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert!(head.bytes().await.unwrap().is_empty());
    let plain = server.get("/api/v1/cities/nantes/live").await;
    assert_eq!((plain.status().as_u16(), header(&plain, "upgrade")), (426, "websocket"));
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let server = spawn().await;
    server.put(1, "bonjour");
    let path = "/api/v1/cities/nantes/posts";
    let first = server.get(path).await;
    assert_eq!(header(&first, "cache-control"), "no-cache");
    let tag = header(&first, "etag").to_owned();
    let ask = || client().get(format!("http://{}{path}", server.address)).header("if-none-match", &tag).send();
    assert_eq!(ask().await.unwrap().status(), 304);
    server.put(2, "bonsoir");
    assert_eq!(ask().await.unwrap().status(), 200);
}

#[tokio::test]
async fn answers_are_compressed() {
    let server = spawn().await;
    (0..20).for_each(|id| server.put(id, "bonjour"));
    let address = format!("http://{}/api/v1/cities/nantes/posts", server.address);
    // Set by hand, so that the client leaves the body as it came.
    let response = client().get(address).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(header(&response, "vary"), "accept-encoding");
    assert!(response.content_length().is_none_or(|length| length < 5_000));
}

#[tokio::test]
async fn readiness_says_what_is_wrong() {
    let server = spawn().await;
    let well = serde_json::json!({ "status": "ready", "cities": 2, "broken": [], "detail": "" });
    assert_eq!(server.json("/readyz").await, well);
    server.trouble.send_replace("the disk is full".into());
    let full = server.json("/readyz").await;
    assert_eq!((&full["status"], &full["detail"]), (&"degraded".into(), &"the disk is full".into()));
    server.trouble.send_replace(String::new());
    assert_eq!(server.json("/readyz").await, well);
    let broken = vec![("rennes.toml".to_owned(), "line 3: no name".to_owned())];
    server.state.cities.store(Arc::new(CityDirectory { cities: vec![Arc::new(city("nantes"))], broken }));
    let degraded = server.get("/readyz").await;
    assert_eq!(degraded.status(), 200);
    let body: Value = serde_json::from_slice(&degraded.bytes().await.unwrap()).unwrap();
    assert_eq!(body["status"], "degraded");
    assert_eq!(body["broken"][0], serde_json::json!({ "file": "rennes.toml", "reason": "line 3: no name" }));
    server.state.ready.store(false, Ordering::SeqCst);
    assert_eq!(server.get("/readyz").await.status(), 503);
    server.state.set_ready();
    server.state.shutdown.trigger();
    let draining = server.get("/readyz").await;
    assert_eq!(draining.status(), 503);
    assert_eq!(server.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn a_busy_store_is_503_with_retry_after() {
    let server = spawn().await;
    server.log.broken.store(true, Ordering::SeqCst);
    let response = server.get("/api/v1/cities/nantes/posts").await;
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "30"));
}

#[tokio::test]
async fn documents_are_served() {
    let server = spawn().await;
    let security = server.get("/.well-known/security.txt").await;
    assert!(header(&security, "content-type").starts_with("text/plain"));
    assert!(security.text().await.unwrap().contains("Contact: mailto:securite@parvis.example\n"));
    assert!(server.json("/openapi.json").await["openapi"].as_str().unwrap().starts_with("3."));
    assert_eq!(server.get("/metrics").await.status(), 200);
    let sources = server.json("/api/v1/cities/nantes/sources").await;
    assert_eq!(sources["sources"][0]["state"], "connecting");
}

#[tokio::test]
async fn metrics_may_have_a_listener_of_their_own() {
    let server = spawn_with(limits(), HttpSettings { metrics_here: false, ..settings() }).await;
    assert_eq!(server.get("/metrics").await.status(), 404);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_metrics(server.state.clone(), listener).unwrap());
    assert_eq!(client().get(format!("http://{address}/metrics")).send().await.unwrap().status(), 200);
}

use super::*;

fn text(html: &str) -> String {
    to_text(html).text
}

fn marked(html: &str) -> Vec<(String, FacetKind, String)> {
    let Marked { text, facets } = to_text(html);
    let range = |facet: &RawFacet| text[facet.start as usize..facet.end as usize].to_owned();
    facets.iter().map(|facet| (range(facet), facet.kind, facet.value.clone())).collect()
}

#[test]
fn blocks_stand_on_lines_and_white_space_is_one_space() {
    assert_eq!(text("<p>Un\n  deux</p> <p>trois<br>quatre</p>"), "Un deux\n\ntrois\nquatre");
    assert_eq!(
        text("<h2>Travaux</h2><ul><li>rue A</li><li> rue <b>B</b> </li></ul>Fin"),
        "Travaux\n\n– rue A\n– rue B\n\nFin"
    );
    assert_eq!(text("L&rsquo;&eacute;t&eacute; &amp; l&#39;hiver &lt;3"), "L’été & l'hiver <3");
    assert_eq!(text("du texte, 3 < 4"), "du texte, 3 < 4");
    assert_eq!(text(" \n "), "");
}

#[test]
fn h3_scripts_styles_and_attributes_leave_nothing() {
    assert_eq!(text("a<script>alert('<b>1</b>')</script>b<style>p{}</style>c"), "abc");
    assert_eq!(text("<img src=x onerror=alert(1)>ok<svg><script>x</script></svg>"), "ok");
    assert_eq!(text("<title>x</title><iframe><p>y</p></iframe>z"), "z");
    assert_eq!(text("fin<script>sans fin"), "fin");
}

#[test]
fn links_tags_and_mentions_are_marked() {
    use FacetKind::*;
    let html = r#"<p>Voir <a href="https://exemple.fr/a?b=1&amp;c=2">la page</a> <a href="https://s.example/tags/nantes" class="mention hashtag" rel="tag">#<span>nantes</span></a> <a class="u-url mention" href="https://s.example/@ana">@<span>ana</span></a></p>"#;
    let expected = [
        ("la page", Link, "https://exemple.fr/a?b=1&c=2"),
        ("#nantes", Tag, "nantes"),
        ("@ana", Mention, "https://s.example/@ana"),
    ];
    assert_eq!(marked(html), expected.map(|(range, kind, value)| (range.to_owned(), kind, value.to_owned())));
    let open = r#"<a href="https://un.fr">un <a href="https://deux.fr">deux</a> <a>rien</a>"#;
    assert_eq!(marked(open).iter().map(|(range, ..)| range.trim()).collect::<Vec<_>>(), ["un", "deux"]);
}

#[test]
fn a_long_address_is_shown_as_its_network_shows_it() {
    let html = r#"<a href="https://exemple.fr/une/longue/page"><span class="invisible">https://</span><span class="ellipsis">exemple.fr/une</span><span class="invisible">/longue/page</span></a>"#;
    let expected = ("exemple.fr/une…".to_owned(), FacetKind::Link, "https://exemple.fr/une/longue/page".to_owned());
    assert_eq!(marked(html), [expected]);
}

#[test]
fn h2_what_has_no_end_is_cut_and_costs_little() {
    let long = text(&"mot ".repeat(1_000_000));
    assert!(long.len() <= TEXT_BYTES_MAX + 4, "{}", long.len());
    assert!(text(&"<div>".repeat(100_000)).is_empty());
    assert!(text(&"<span class=invisible>".repeat(100_000)).is_empty());
    assert_eq!(to_text(&r#"<a href="x">y</a>"#.repeat(1_000)).facets.len(), FACETS_MAX);
    assert!(text(&"é".repeat(HTML_BYTES_MAX)).chars().all(|c| c == 'é'));
}

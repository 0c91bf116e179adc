use super::*;

/// Cities of these slugs and recipes.
fn cities(files: &[(&str, &str)]) -> Vec<Arc<City>> {
    let folder = tempfile::tempdir().unwrap();
    let read = |(slug, recipe): &(&str, &str)| {
        let file = folder.path().join(format!("{slug}.toml"));
        std::fs::write(&file, format!("name = \"{slug}\"\n{recipe}")).unwrap();
        Arc::new(crate::config::read_city(&file).unwrap().0)
    };
    files.iter().map(read).collect()
}

fn servers(hosts: &[&str]) -> Servers {
    let settings = hosts.iter().map(|host| MastodonSettings::new(&format!("https://{host}"))).collect();
    Servers::new(settings, Outbound::new("", false).unwrap(), IdKey::new([7; 32]))
}

const RECIPE: &str = "[recipe]\ninvite = \"ParvisVille\"\nhashtags = [\"Ville\", \"ville\", \"Saint-Étienne\"]\nwords = [\"mot\"]\n\
     all_of = [[\"concert\", \"loire\"]]\nambiguous = [\"fcv\"]\nexclude = { hashtags = [\"villeusa\"] }\n\
     [around]\nname = \"Autour\"\nhashtags = [\"autour\"]\n";

#[test]
fn a_citys_tags_are_all_by_which_it_may_take_a_post_as_servers_fold_them() {
    let city = cities(&[("ville", RECIPE)]).remove(0);
    let expected = ["autour", "concert", "fcv", "loire", "parvisville", "saintetienne", "ville"];
    assert_eq!(tags(&city).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn one_source_a_server_follows_what_the_cities_ask_for() {
    let servers = servers(&["un.example", "deux.example"]);
    let of = |files: &[(&str, &str)]| {
        let sources = servers.of(&cities(files));
        sources.iter().map(|(source, number)| (source.id().as_str().to_owned(), *number)).collect::<Vec<_>>()
    };
    let one = of(&[("ville", RECIPE)]);
    assert_eq!(
        one.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        ["mastodon:un.example", "mastodon:deux.example"]
    );
    assert_eq!(of(&[("ville", &RECIPE.replace("mot", "autre"))]), one, "words are no tags");
    assert_ne!(of(&[("ville", &RECIPE.replace("fcv", "usv"))])[0].1, one[0].1, "it is made anew");
    assert_ne!(of(&[("ville", RECIPE), ("bourg", RECIPE)])[0].1, one[0].1, "for whom counts too");
    assert!(of(&[]).is_empty(), "nobody asks for anything");
    let sources = servers.of(&cities(&[("ville", RECIPE), ("bourg", RECIPE)]));
    let read_for = sources[0].0.cities().unwrap();
    assert_eq!(read_for.iter().map(CityId::as_str).collect::<Vec<_>>(), ["ville", "bourg"]);
    assert!(sources[0].0.lookup().is_none() && sources[0].0.silent_after().is_none());
}

#[test]
fn q5_a_server_that_one_city_lists_is_read_for_all_beside_the_operators() {
    let servers = servers(&["un.example"]);
    let listing = format!("mastodon = [\"https://zoe.example\", \"https://un.example\"]\n{RECIPE}");
    let of = |files: &[(&str, &str)]| servers.of(&cities(files));
    let sources = of(&[("ville", &listing), ("bourg", RECIPE)]);
    let ids: Vec<_> = sources.iter().map(|(source, _)| source.id().as_str().to_owned()).collect();
    assert_eq!(ids, ["mastodon:un.example", "mastodon:zoe.example"]);
    let read_for = sources[1].0.cities().unwrap();
    assert_eq!(read_for.iter().map(CityId::as_str).collect::<Vec<_>>(), ["ville", "bourg"]);
    let alone = of(&[("ville", RECIPE), ("bourg", RECIPE)]);
    assert_eq!(alone.len(), 1);
    assert_ne!(alone[0].1, sources[0].1, "whose people are left to others has changed");
    let many: Vec<String> = (0..5).map(|n| format!("mastodon = [\"https://a{n}.example\",\"https://b{n}.example\",\"https://c{n}.example\",\"https://d{n}.example\",\"https://e{n}.example\",\"https://f{n}.example\",\"https://g{n}.example\",\"https://h{n}.example\"]\n{RECIPE}")).collect();
    let many: Vec<(&str, &str)> =
        ["v0", "v1", "v2", "v3", "v4"].into_iter().zip(many.iter().map(String::as_str)).collect();
    assert_eq!(of(&many).len(), 1 + LISTED_MAX);
}

#[test]
fn l06_each_server_leaves_the_others_people_to_them() {
    let hosts = ["un.example", "deux.example", "trois.example"].map(str::to_owned);
    let others = |server: &str| elsewhere(&hosts, &MastodonSettings::new(server));
    assert_eq!(others("https://un.example"), ["deux.example", "trois.example"]);
    assert_eq!(others("https://trois.example"), ["un.example", "deux.example"]);
}

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
fn l06_each_server_leaves_the_others_people_to_them() {
    let servers = servers(&["un.example", "deux.example", "trois.example"]);
    let elsewhere: Vec<Vec<String>> = servers.settings.iter().map(|settings| servers.elsewhere(settings)).collect();
    assert_eq!(elsewhere[0], ["deux.example", "trois.example"]);
    assert_eq!(elsewhere[2], ["un.example", "deux.example"]);
}

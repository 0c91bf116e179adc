//! `parvis city add` against simulators of geo.api.gouv.fr and Nominatim.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::gazetteer::{Fault, GazetteerSimulator};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

struct Town {
    server: Server,
    gazetteer: GazetteerSimulator,
    _network: SimulatedNetwork,
}

impl Town {
    async fn new() -> Self {
        let network = SimulatedNetwork::start().await;
        let gazetteer = GazetteerSimulator::start();
        let server = Server::prepare_with(&network, &gazetteer.settings());
        std::fs::write(
            server.config(),
            std::fs::read_to_string(server.config()).unwrap().replace(
                "allow_private_networks = true",
                "allow_private_networks = true\ncontact = \"mailto:mairie@ville.example\"",
            ),
        )
        .unwrap();
        Self { server, gazetteer, _network: network }
    }

    /// Standard output of a command that must succeed.
    async fn adds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a command that must be refused.
    async fn refuses(&self, arguments: &[&str]) -> String {
        let files = self.files();
        let output = self.run(arguments).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert_eq!(self.files(), files, "nothing is left behind");
        said
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["city", "add"];
        all.extend(arguments);
        tokio::task::block_in_place(|| self.server.command(&all))
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.server.folder.path().join("cities")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.server.folder.path().join("cities").join(name)).unwrap()
    }
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_a_french_commune_is_found_with_its_outline() {
    let town = Town::new().await;
    // Nantes-en-Ratier begins alike, and one exact name is no ambiguity.
    let said = town.adds(&["nantes"]).await;
    has(&said, &["Nantes is ready at /nantes", "Loire-Atlantique", "geo.api.gouv.fr", "#nantes"]);
    has(
        &town.file("nantes.toml"),
        &[
            "# Written by `parvis city add` on 20",
            "through geo.api.gouv.fr, Licence Ouverte",
            "name = \"Nantes\"",
            "country = \"FR\"",
            "insee = \"44109\"",
            "[[opendata]]\npreset = \"openagenda\"",
            "population = 327734",
            "timezone = \"Europe/Paris\"",
            "languages = [\"fr\"]",
            "boundary = \"nantes.geojson\"",
            "invite = \"ParvisNantes\"",
            "hashtags = [\"nantes\"]",
            "# [around]\n# name = \"Nantes Métropole\"",
        ],
    );
    has(
        &town.file("nantes.geojson"),
        &[
            "\"source\":\"IGN ADMIN EXPRESS, through geo.api.gouv.fr\"",
            "\"licence\":\"Licence Ouverte 2.0 (Etalab)\"",
            "\"date\":\"20",
            "-1.64",
        ],
    );
    let asked = town.gazetteer.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    has(&asked[0], &["/communes?nom=nantes&", "boost=population", "fields=nom", "type=commune-actuelle"]);
    has(&asked[1], &["/communes/44109?", "format=geojson", "geometry=contour"]);
    for agent in town.gazetteer.agents() {
        assert!(agent.starts_with("Parvis/") && agent.contains("mailto:mairie@ville.example"), "L-07: {agent}");
    }
    has(&town.refuses(&["Nantes"]).await, &["nantes.toml exists already", "--slug"]);
    assert!(town.gazetteer.asked().is_empty(), "nobody is asked for what is there");
    let checked = town.server.command(&["city", "check", "nantes"]);
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_an_ambiguous_name_lists_the_candidates_and_the_command_for_each() {
    let town = Town::new().await;
    let said = town.refuses(&["St denis", "--hashtag", "dionysien"]).await;
    let config = town.server.config();
    has(
        &said,
        &[
            "Saint-Denis (La Réunion, 974), INSEE 97411, 155634 inhabitants",
            "Saint-Denis (Seine-Saint-Denis, 93), INSEE 93066, 149077 inhabitants",
            "parvis city add Saint-Denis --insee 93066 --hashtag dionysien --config",
            config.to_str().unwrap(),
            "3 places are called St denis",
        ],
    );
    assert!(!said.contains("Bugey"), "only what has this name: {said}");
    assert!(said.find("97411") < said.find("93066"), "the largest first");
    // Overseas, and a homonym: the name alone asks a moderator.
    let said = town.adds(&["Saint-Denis", "--insee", "97411"]).await;
    has(
        &said,
        &[
            "other places have this name: Saint-Denis (Seine-Saint-Denis, 93); Saint-Denis (Aude, 11)",
            "by itself it asks a moderator",
        ],
    );
    has(
        &town.file("saint-denis.toml"),
        &[
            "timezone = \"Indian/Reunion\"",
            "hashtags = [\"saintdenis974\"]",
            "ambiguous = [\"saintdenis\"]",
            "context = [\"La Réunion\"]",
        ],
    );
    has(&town.refuses(&["Saint-Denis", "--insee", "93066"]).await, &["--slug saint-denis-2"]);
    town.adds(&["Saint-Denis", "--insee", "93066", "--slug", "saint-denis-93"]).await;
    // A context that holds the name would let it vouch for itself.
    has(&town.file("saint-denis-93.toml"), &["timezone = \"Europe/Paris\"", "context = []"]);
    // Homonyms that say so by themselves are told by `city check`, and both go on.
    town.adds(&["Saint-Denis", "--insee", "11339", "--slug", "saint-denis-11", "--hashtag", "saintdenis93"]).await;
    let checked = town.server.command(&["city", "check"]);
    assert!(checked.status.success(), "{checked:?}");
    has(
        &String::from_utf8_lossy(&checked.stdout),
        &["#saintdenis93 admits posts to saint-denis-11 and saint-denis-93 at once"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_names_are_taken_as_people_type_them_and_risky_ones_are_told() {
    let town = Town::new().await;
    town.adds(&["st etienne"]).await;
    has(&town.file("saint-etienne.toml"), &["name = \"Saint-Étienne\"", "hashtags = [\"saintetienne\"]"]);
    town.adds(&["le  HAVRE"]).await;
    has(&town.adds(&["Tours"]).await, &["#tours37, #villedetours", "#tours is also a word"]);
    has(&town.file("tours.toml"), &["ambiguous = [\"tours\"]", "context = [\"Indre-et-Loire\"]"]);
    town.adds(&["Ajaccio", "--insee", "2A004", "--hashtag", "#Aiacciu"]).await;
    has(&town.file("ajaccio.toml"), &["hashtags = [\"Aiacciu\"]"]);
    town.adds(&["Papeete"]).await;
    has(&town.file("papeete.toml"), &["timezone = \"Pacific/Tahiti\""]);
    town.gazetteer.asked();
    for (name, code, slug, tag) in [
        ("paris 11", None, "paris-11e-arrondissement", "paris11"),
        ("Lyon 1er", Some("69381"), "lyon-1er-arrondissement", "lyon1"),
        ("Marseille 16e arrondissement", Some("13216"), "marseille-16e-arrondissement", "marseille16"),
    ] {
        let mut arguments = vec![name];
        arguments.extend(code.iter().flat_map(|code| ["--insee", code]));
        town.adds(&arguments).await;
        has(&town.file(&format!("{slug}.toml")), &[&format!("hashtags = [\"{tag}\"")]);
    }
    assert!(town.gazetteer.asked().iter().any(|asked| asked.contains("code=75111&type=arrondissement-municipal")));
    // Paris is the commune, whatever its arrondissements are called.
    has(&town.adds(&["Paris"]).await, &["Paris is ready at /paris"]);
    assert!(
        town.gazetteer.asked().iter().all(|asked| !asked.contains("/search")),
        "Nominatim is not asked for what is French"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_elsewhere_nominatim_is_asked_politely() {
    let town = Town::new().await;
    let began = Instant::now();
    has(&town.adds(&["lausanne"]).await, &["© OpenStreetMap contributors (relation 1685018)", "ODbL"]);
    assert!(began.elapsed() >= Duration::from_secs(1), "one question a second, over all commands");
    has(
        &town.file("lausanne.toml"),
        &["country = \"CH\"", "timezone = \"Europe/Zurich\"", "languages = [\"fr\"]", "population = 140000"],
    );
    has(
        &town.file("lausanne.geojson"),
        &["\"source\":\"© OpenStreetMap contributors (relation 1685018)\"", "6.58", "46.5"],
    );
    let said = town.refuses(&["Springfield", "--country", "us"]).await;
    let command = "parvis city add 'Springfield, Sangamon County, Illinois, United States' --country US";
    has(&said, &[command, "2 places are called Springfield"]);
    let said = town.adds(&["Springfield, Sangamon County, Illinois, United States", "--country", "US"]).await;
    has(&said, &["the time zone is a guess (America/Chicago)"]);
    has(&town.file("springfield.toml"), &["name = \"Springfield\"", "languages = [\"en\"]"]);
    // Montréal is a village in Aude too: the country tells.
    town.adds(&["Montréal", "--country", "CA"]).await;
    has(&town.file("montreal.toml"), &["timezone = \"America/Toronto\"", "languages = [\"fr\", \"en\"]"]);
    assert!(town.gazetteer.asked().iter().any(|asked| asked.contains("/search?") && asked.contains("countrycodes=CA")));
    has(
        &town.refuses(&["Hameau-sans-Bord"]).await,
        &["no outline of Hameau-sans-Bord", "only a point", "--boundary FILE"],
    );
    has(&town.refuses(&["Nulle-Part"]).await, &["no place called Nulle-Part was found", "--boundary FILE"]);
    has(
        &town.refuses(&["Nantes-en"]).await,
        &["Nantes-en-Ratier", "--insee 38273", "no place is called exactly Nantes-en"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h1_whatever_a_service_answers_the_error_says_what_to_do() {
    let town = Town::new().await;
    for (fault, words) in [
        (Fault::Status(500), "HTTP 500"),
        (Fault::Status(302), "HTTP 302"),
        (Fault::RetryAfter(7), "asks to wait 7 seconds"),
        (Fault::Nonsense, "can't be read"),
        (Fault::ShortPositions, "fewer than two numbers"),
        (Fault::Huge, "larger than may be"),
    ] {
        town.gazetteer.fail(fault);
        has(&town.refuses(&["Nantes"]).await, &["geo.api.gouv.fr", words, "--boundary FILE.geojson"]);
    }
    town.gazetteer.fail(Fault::ShortPositions);
    has(&town.refuses(&["Lausanne", "--country", "ch"]).await, &["Nominatim", "fewer than two numbers"]);
    town.gazetteer.recover();
    has(&town.refuses(&["Nantes", "--insee", "44999"]).await, &["no commune has the INSEE code 44999"]);
    has(&town.refuses(&["Nantes", "--insee", "../x"]).await, &["no commune has the INSEE code"]);
    has(&town.refuses(&["Tours", "--insee", "44109"]).await, &["the INSEE code 44109 is Nantes"]);
    // An answer that is too large is asked for once more, simplified.
    town.gazetteer.asked();
    town.gazetteer.fail(Fault::Huge);
    town.adds(&["Lausanne", "--country", "ch"]).await;
    assert_eq!(town.gazetteer.asked().len(), 2);
    assert_eq!(town.run(&["Nantes", "--country", "France"]).await.status.code(), Some(2), "wrong usage");
    assert_eq!(town.run(&["Nantes", "--no-boundary", "--boundary", "x"]).await.status.code(), Some(2));
    // Nothing is asked when the outline, or doing without, is given.
    town.gazetteer.asked();
    has(&town.adds(&["Bourg-Fictif", "--no-boundary"]).await, &["tags and words alone"]);
    assert!(town.gazetteer.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_q5_a_preset_fills_in_servers_and_the_neighbourhood() {
    let town = Town::new().await;
    let said = town.adds(&["Le Pellerin", "--preset", "fr"]).await;
    has(
        &said,
        &["around it: Nantes Métropole (#nantesmetropole, ", "read beside what the server reads: https://piaille.fr"],
    );
    let file = town.file("le-pellerin.toml");
    has(&file, &["mastodon = [\"https://piaille.fr\", ", "[around]\nname = \"Nantes Métropole\""]);
    // The nearest first. Nantes would drown it, and another commune is called La Montagne.
    let tags = "hashtags = [\"nantesmetropole\", \"coueron\", \"saintjeandeboiseau\", \"orvault\", \"bouguenais\"]";
    has(&file, &["boundary = \"le-pellerin-around.geojson\"", tags]);
    has(&town.file("le-pellerin-around.geojson"), &["\"licence\":\"Licence Ouverte", "MultiPolygon"]);
    let checked = town.server.command(&["city", "check", "le-pellerin"]);
    assert!(checked.status.success(), "{checked:?}");
    // A town is added all the same where its neighbourhood can't be had, or has none.
    has(&town.adds(&["Papeete", "--preset", "fr"]).await, &["Papeete is ready"]);
    has(&town.adds(&["Lausanne", "--country", "ch", "--preset", "fr"]).await, &["Lausanne is ready"]);
    has(&town.file("papeete.toml"), &["mastodon = ["]);
    assert!(!town.file("papeete.toml").contains("[around]"));
    assert_eq!(town.run(&["Orvault", "--preset", "de"]).await.status.code(), Some(2), "wrong usage");
    // The command beside a candidate keeps what was asked for.
    has(&town.refuses(&["La Montagne", "--preset", "fr"]).await, &["--insee 44101 --preset fr"]);
    town.gazetteer.fail(Fault::CrossedRing);
    let said = town.adds(&["Bouguenais", "--preset", "fr"]).await;
    has(&said, &["Bouguenais is ready", "note: the neighbourhood could not be had: ", "crosses itself"]);
    has(&town.file("bouguenais.toml"), &["# [around]"]);
    town.gazetteer.recover();
    // What is refused leaves nothing behind.
    std::fs::write(town.server.folder.path().join("cities/orvault-around.geojson"), "{}").unwrap();
    has(&town.refuses(&["Orvault", "--preset", "fr"]).await, &["orvault-around.geojson exists already"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h4_the_lookup_goes_through_the_guard() {
    let town = Town::new().await;
    let closed = std::fs::read_to_string(town.server.config()).unwrap().replace("networks = true", "networks = false");
    std::fs::write(town.server.config(), closed).unwrap();
    has(&town.refuses(&["Nantes"]).await, &["can't be reached", "allow_private_networks"]);
    assert!(town.gazetteer.asked().is_empty());
}

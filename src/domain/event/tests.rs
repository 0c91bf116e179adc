//! Events as an agenda, a dataset and a calendar of one town would announce them; all invented.

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("2026-12-{text}:00Z")).unwrap()
}

/// From the text `title @ place @ day and time @ address`; what is left out is the usual.
fn event<'a>(list: &'a str, text: &'a str) -> Announcement<'a> {
    let mut parts = text.split('@').map(str::trim);
    let some = |text: Option<&'a str>| text.filter(|text| !text.is_empty() && *text != "-");
    let title = parts.next().unwrap();
    let place = match parts.next() {
        None | Some("") => Some("Salle des Tanneurs"),
        place => some(place),
    };
    let starts_at = at(some(parts.next()).unwrap_or("12T19:30"));
    Announcement { list, identity: None, address: some(parts.next()), title, place, point: None, starts_at }
}

fn are_same(one: &str, other: &str) -> bool {
    let (one, other) = (event("agenda", one), event("calendrier", other));
    let same = same_event(&one, &other);
    assert_eq!(same, same_event(&other, &one), "whichever comes first: {one:?} {other:?}");
    if same {
        let keys = event_keys(one.title, one.starts_at);
        let found = event_keys(other.title, other.starts_at).iter().any(|key| keys.contains(key));
        assert!(found, "what is one is found: {one:?} {other:?}");
    }
    same
}

#[test]
fn feature_24_the_same_event_from_two_sources_is_one() {
    for (one, other) in [
        ("Bal de la Saint-Nicolas", "Bal de la Saint-Nicolas"),
        ("Bal de la Saint-Nicolas", "BAL DE LA SAINT NICOLAS !"),
        ("Marché de Noël", "Marche de noel"),
        ("Fête de la musique", "Fête de la Musique 2026"),
        ("Concert d’hiver", "Concert d'hiver, avec la chorale"),
        ("Concert d’hiver", "Concert d’hiver : la chorale des Quais"),
        ("Heure du conte", "Heure du conte – Les loups du canal"),
        ("Bal folk @ Salle des Tanneurs", "Bal folk @ Salle des Tanneurs, 3 rue du Quai 44999 Saint-Exemple"),
        ("Bal folk @ Les Tanneurs", "Bal folk @ Salle des Tanneurs"),
        ("Bal folk @ salle des tanneurs", "Bal folk à la salle des Tanneurs @ Salle des Tanneurs"),
        ("Réunion publique sur le tram", "Réunion publique sur le tram (complet)"),
        ("Visite de l’écluse", "ANNULÉ - Visite de l’écluse"),
        ("Conseil municipal @ Mairie", "Conseil municipal @ Mairie"),
        ("Ciné-club : Le facteur", "Ciné-club : le facteur"),
        ("Troc de plantes et de graines", "Troc de graines et de plantes"),
        ("Bal folk @ @ 12T19:30", "Bal folk @ @ 12T19:31"),
        ("Exposition Les enseignes disparues du faubourg @ -", "Exposition : les enseignes disparues du faubourg"),
        // One page, reached in two ways.
        (
            "Bal folk @ - @ - @ https://www.fetes.example/bal/?utm_source=x",
            "Bal folk @ - @ - @ http://fetes.example/bal",
        ),
        (
            "Bal folk @ - @ - @ https://fetes.example/?id=7",
            "Bal folk @ Salle des Tanneurs @ - @ https://fetes.example/?id=7",
        ),
    ] {
        assert!(are_same(one, other), "{one} | {other}");
    }
}

#[test]
fn feature_24_what_only_resembles_it_is_another_event() {
    for (one, other) in [
        // Another time.
        ("Bal folk", "Bal folk @ @ 12T20:30"),
        ("Bal folk", "Bal folk @ @ 13T19:30"),
        ("Bal folk @ @ 12T19:30", "Bal folk @ @ 12T19:32"),
        ("Marché @ Place du Marché @ 02T07:00", "Marché @ Place du Marché @ 05T07:00"),
        // Another place.
        ("Bal folk", "Bal folk @ Salle du Port"),
        ("Heure du conte @ Médiathèque Ormeau", "Heure du conte @ Médiathèque Floride"),
        ("Heure du conte @ Médiathèque", "Heure du conte @ Médiathèque Ormeau"),
        ("Portes ouvertes @ École Jules-Ferry", "Portes ouvertes @ Gymnase Jules-Ferry"),
        ("Portes ouvertes @ École Jules-Ferry", "Portes ouvertes @ École Jean-Macé"),
        ("Vide-grenier @ Place de l’Église", "Vide-grenier @ Rue de l’Église"),
        ("Yoga @ Salle 1", "Yoga @ Salle 2"),
        ("Yoga doux @ Salle 1", "Yoga doux @ Salle 12"),
        ("Bal folk @ -", "Bal folk"),
        ("Visite du chantier @ -", "Visite du chantier @ -"),
        // Another thing at the same place and time.
        ("Bal folk", "Bal musette"),
        ("Visite guidée : le château", "Visite guidée : le musée"),
        ("Visite guidée du château", "Visite guidée du musée"),
        ("Concert", "Concert de jazz"),
        ("Concert", "Concert : trio Exemple"),
        ("Atelier poterie", "Atelier poterie enfants"),
        ("Atelier poterie", "Atelier poterie (enfants)"),
        ("Atelier poterie : adultes", "Atelier poterie : enfants"),
        ("Atelier poterie, débutants", "Atelier poterie"),
        ("Cours de danse niveau 1", "Cours de danse niveau 2"),
        ("Cours de danse", "Cours de danse : niveau 2"),
        ("Match des U13", "Match des U15"),
        ("Match U13 contre Rezé", "Match U13 contre Vertou"),
        ("Spectacle, partie 1", "Spectacle, partie 2"),
        ("Spectacle du soir", "Spectacle"),
        ("Tournoi de tarot, table 3", "Tournoi de tarot, table 4"),
        ("Fête de la musique 2026", "Fête de la musique 2025"),
        ("Réunion publique sur le tram", "Réunion publique sur la piscine"),
        ("Réunion du comité de quartier Nord", "Réunion du comité de quartier Sud"),
        ("Permanence de Maître Exemple, notaire", "Permanence de Maître Modèle, notaire"),
        ("Film : Le facteur", "Film : La mer"),
        ("Jazz : trio Exemple", "Trio Exemple"),
        ("Lecture à voix haute", "Lecture à voix basse"),
        ("Sortie vélo vers le canal", "Sortie kayak vers le canal"),
        ("Un bal", "Un"),
        ("Annulé", "Annulé"),
        ("", ""),
        // A page that announces many.
        ("Bal folk @ - @ - @ https://fetes.example/agenda", "Loto géant @ - @ - @ https://fetes.example/agenda"),
        ("Bal folk @ - @ - @ https://fetes.example/", "Bal folk @ - @ - @ https://www.fetes.example"),
        ("Bal folk @ - @ - @ https://fetes.example/?id=7", "Bal folk @ - @ - @ https://fetes.example/?id=8"),
        ("Bal folk @ - @ - @ nulle part", "Bal folk @ - @ - @ nulle part"),
        (
            "Bal folk @ Salle du Port @ - @ https://fetes.example/bal",
            "Bal folk @ Salle des Tanneurs @ - @ https://fetes.example/bal",
        ),
    ] {
        assert!(!are_same(one, other), "{one} | {other}");
    }
}

#[test]
fn feature_24_an_identity_counts_where_the_titles_agree_and_the_points_are_near() {
    let base = event("agenda", "Bal folk @ -");
    let twin = Announcement { list: "calendrier", identity: Some("7@fetes.example"), ..base };
    let named = Announcement { identity: Some("7@fetes.example"), ..base };
    assert!(same_event(&named, &twin));
    assert!(!same_event(&named, &Announcement { title: "Loto géant", ..twin }), "many an event is number 7");
    assert!(!same_event(&named, &Announcement { list: "agenda", ..twin }), "what stands twice on one list is two");
    let here = Announcement { point: Some((-1.55, 47.21)), ..named };
    for (point, same) in [((-1.56, 47.22), true), ((-1.65, 47.21), false), ((2.35, 48.85), false)] {
        assert_eq!(same_event(&here, &Announcement { point: Some(point), ..twin }), same, "{point:?}");
    }
    assert!(!same_event(&base, &Announcement { list: "calendrier", identity: Some(""), ..base }));
    assert_eq!(event_keys("Le de", base.starts_at), Vec::<String>::new());
    assert!(event_keys("Bal folk de la Saint-Nicolas", base.starts_at).len() <= 4);
}

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parvis::gazetteer::has_name;
use parvis::shutdown::Shutdown;
use serde_json::{Value, json};

/// geo.api.gouv.fr and Nominatim in one: paths tell them apart. Answers as both document theirs, of communes with real
/// names and codes whose outlines are rough squares.
pub struct GazetteerSimulator {
    address: std::net::SocketAddr,
    state: Arc<State>,
    shutdown: Shutdown,
}

#[derive(Default)]
struct State {
    communes: Vec<Value>,
    rows: Mutex<Vec<Value>>,
    fault: Mutex<Option<Fault>>,
    asked: Mutex<Vec<String>>,
    agents: Mutex<Vec<String>>,
}

/// How every request is answered from now on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    RetryAfter(u32),
    Nonsense,
    /// Every outline has positions of one number.
    ShortPositions,
    /// The outlines of neighbourhoods cross themselves.
    CrossedRing,
    /// More than is read, unless the outline is asked for simplified.
    Huge,
}

/// Name, code, département, its code, EPCI, population, west, south, side in degrees.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, u64, f64, f64, f64);

#[rustfmt::skip]
const COMMUNES: &[Row] = &[
    ("Nantes", "44109", "Loire-Atlantique", "44", "Nantes Métropole", 327_734, -1.64, 47.18, 0.1),
    ("Nantes-en-Ratier", "38273", "Isère", "38", "CC de la Matheysine", 497, 5.83, 44.92, 0.05),
    ("Saint-Denis", "93066", "Seine-Saint-Denis", "93", "Métropole du Grand Paris", 149_077, 2.33, 48.9, 0.05),
    ("Saint-Denis", "97411", "La Réunion", "974", "CA Intercommunale du Nord de la Réunion", 155_634, 55.4, -20.97, 0.1),
    ("Saint-Denis", "11339", "Aude", "11", "CC de la Montagne Noire", 466, 2.21, 43.35, 0.05),
    ("Saint-Denis-en-Bugey", "01345", "Ain", "01", "CC de la Plaine de l'Ain", 2_200, 5.32, 45.94, 0.03),
    ("Tours", "37261", "Indre-et-Loire", "37", "Tours Métropole Val de Loire", 139_259, 0.66, 47.35, 0.08),
    ("Tours-en-Savoie", "73298", "Savoie", "73", "CA Arlysère", 1_050, 6.44, 45.65, 0.03),
    ("Le Havre", "76351", "Seine-Maritime", "76", "CU Le Havre Seine Métropole", 166_058, 0.06, 49.46, 0.1),
    ("Saint-Étienne", "42218", "Loire", "42", "Saint-Étienne Métropole", 173_089, 4.28, 45.38, 0.1),
    ("Paris", "75056", "Paris", "75", "Métropole du Grand Paris", 2_103_778, 2.25, 48.81, 0.16),
    ("Paris 11e Arrondissement", "75111", "Paris", "75", "", 142_583, 2.36, 48.85, 0.03),
    ("Lyon 1er Arrondissement", "69381", "Rhône", "69", "", 28_710, 4.82, 45.76, 0.02),
    ("Marseille 16e Arrondissement", "13216", "Bouches-du-Rhône", "13", "", 15_999, 5.3, 43.34, 0.06),
    ("Papeete", "98735", "Polynésie française", "987", "", 26_654, -149.6, -17.57, 0.06),
    ("Ajaccio", "2A004", "Corse-du-Sud", "2A", "CA du Pays Ajaccien", 74_522, 8.6, 41.88, 0.1),
    ("Le Pellerin", "44120", "Loire-Atlantique", "44", "Nantes Métropole", 5_319, -1.79, 47.19, 0.06),
    ("Couëron", "44047", "Loire-Atlantique", "44", "Nantes Métropole", 24_129, -1.75, 47.2, 0.07),
    ("Saint-Jean-de-Boiseau", "44166", "Loire-Atlantique", "44", "Nantes Métropole", 6_091, -1.73, 47.18, 0.04),
    ("Bouguenais", "44020", "Loire-Atlantique", "44", "Nantes Métropole", 20_588, -1.65, 47.15, 0.06),
    ("La Montagne", "44101", "Loire-Atlantique", "44", "Nantes Métropole", 6_358, -1.69, 47.17, 0.02),
    ("La Montagne", "70352", "Haute-Saône", "70", "CC des Mille Étangs", 55, 6.56, 47.93, 0.04),
    ("Orvault", "44114", "Loire-Atlantique", "44", "Nantes Métropole", 28_000, -1.68, 47.26, 0.06),
    ("Montréal", "11254", "Aude", "11", "CC Piège Lauragais Malepère", 1_900, 2.1, 43.17, 0.1),
];

pub fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

impl GazetteerSimulator {
    pub fn start() -> Self {
        let communes = COMMUNES.iter().map(|(nom, code, name, department, epci, population, west, south, side)| {
            let mut commune = json!({
                "nom": nom, "code": code, "codesPostaux": [format!("{code:.5}")], "population": population,
                "departement": { "code": department, "nom": name }, "contour": square(*west, *south, *side),
            });
            if !epci.is_empty() {
                commune["epci"] = json!({ "code": code_of(epci), "nom": epci });
            }
            commune
        });
        let state = Arc::new(State { communes: communes.collect(), rows: Mutex::new(rows()), ..State::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let data = web::Data::from(state.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/communes", web::get().to(communes_of))
                .route("/communes/{code}", web::get().to(commune))
                .route("/epcis/{code}", web::get().to(epci))
                .route("/epcis/{code}/communes", web::get().to(epci_communes))
                .route("/search", web::get().to(search))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(1).listen(listener).unwrap().run();
        let (handle, shutdown) = (server.handle(), Shutdown::new());
        tokio::spawn(server);
        let stop = shutdown.clone();
        tokio::spawn(async move {
            stop.triggered().await;
            handle.stop(false).await;
        });
        Self { address, state, shutdown }
    }

    /// For `[lookup]`, both services.
    pub fn settings(&self) -> String {
        let url = format!("http://{}", self.address);
        format!("[lookup]\ngeo_api = \"{url}\"\nnominatim = \"{url}/\"\n")
    }

    pub fn fail(&self, fault: Fault) {
        *self.state.fault.lock().unwrap() = Some(fault);
    }

    pub fn recover(&self) {
        *self.state.fault.lock().unwrap() = None;
    }

    /// Paths and queries so far; forgets them.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }

    pub fn agents(&self) -> Vec<String> {
        self.state.agents.lock().unwrap().clone()
    }
}

impl Drop for GazetteerSimulator {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

/// What OpenStreetMap would have: a town with its boundary, its district, two towns of one name, one that is a point.
fn rows() -> Vec<Value> {
    let row = |id: u64, name: &str, more: &str, kind: &str, country: &str, part: &str, geojson: Value| {
        let is_boundary = geojson["type"] != "Point";
        json!({
            "place_id": id * 10, "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
            "osm_type": if is_boundary { "relation" } else { "node" }, "osm_id": id, "lat": "46.5", "lon": "6.6",
            "category": if is_boundary { "boundary" } else { "place" },
            "type": if is_boundary { "administrative" } else { kind }, "place_rank": 16, "importance": 0.6,
            "addresstype": kind, "name": name, "display_name": format!("{name}, {more}"),
            "address": { kind: name, "state": more.split(", ").next().unwrap(), "ISO3166-2-lvl4": part, "country_code": country },
            "boundingbox": ["46.4", "46.6", "6.5", "6.7"], "extratags": { "population": "140000" }, "geojson": geojson,
        })
    };
    let vaud = "District de Lausanne, Vaud, Schweiz/Suisse/Svizzera/Svizra";
    vec![
        row(1_685_018, "Lausanne", vaud, "city", "ch", "CH-VD", square(6.58, 46.5, 0.1)),
        row(2, "Lausanne", "Vaud, Schweiz/Suisse/Svizzera/Svizra", "county", "ch", "CH-VD", square(6.5, 46.4, 0.3)),
        row(
            3,
            "Springfield",
            "Sangamon County, Illinois, United States",
            "city",
            "us",
            "US-IL",
            square(-89.7, 39.7, 0.2),
        ),
        row(
            4,
            "Springfield",
            "Hampden County, Massachusetts, United States",
            "city",
            "us",
            "US-MA",
            square(-72.6, 42.1, 0.1),
        ),
        row(
            5,
            "Hameau-sans-Bord",
            "Vaud, Schweiz/Suisse/Svizzera/Svizra",
            "hamlet",
            "ch",
            "CH-VD",
            json!({ "type": "Point", "coordinates": [6.6, 46.5] }),
        ),
        row(
            6,
            "Montréal",
            "Agglomération de Montréal, Québec, Canada",
            "city",
            "ca",
            "CA-QC",
            square(-73.9, 45.4, 0.4),
        ),
    ]
}

type Query = web::Query<std::collections::HashMap<String, String>>;

async fn obey(state: &State, request: &HttpRequest) -> Option<HttpResponse> {
    state.asked.lock().unwrap().push(request.uri().to_string());
    let agent = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    state.agents.lock().unwrap().push(agent.to_owned());
    let fault = *state.fault.lock().unwrap();
    match fault? {
        Fault::Status(status) => Some(HttpResponse::build(status.try_into().unwrap()).body("Error")),
        Fault::RetryAfter(seconds) => {
            Some(HttpResponse::TooManyRequests().insert_header(("retry-after", seconds.to_string())).finish())
        }
        Fault::Nonsense => Some(HttpResponse::Ok().content_type("application/json").body("{\"nom\": 3")),
        Fault::ShortPositions | Fault::CrossedRing => None,
        Fault::Huge if request.query_string().contains("polygon_threshold") => None,
        Fault::Huge => Some(HttpResponse::Ok().body(vec![b' '; (5 << 20) + 1])),
    }
}

fn only_fields(commune: &Value, fields: &str) -> Value {
    fields.split(',').filter_map(|field| Some((field.to_owned(), commune.get(field)?.clone()))).collect()
}

impl State {
    fn outline(&self, drawn: &Value) -> Value {
        let short = json!({ "type": "Polygon", "coordinates": [[[1.0], [2.0], [3.0], [1.0]]] });
        if *self.fault.lock().unwrap() == Some(Fault::ShortPositions) { short } else { drawn.clone() }
    }

    fn feature(&self, commune: &Value, fields: &str) -> Value {
        let geometry = self.outline(&commune["contour"]);
        json!({ "type": "Feature", "properties": only_fields(commune, fields), "geometry": geometry })
    }
}

fn is_arrondissement(commune: &Value) -> bool {
    commune["nom"].as_str().unwrap().ends_with("Arrondissement")
}

async fn communes_of(state: web::Data<State>, request: HttpRequest, query: Query) -> HttpResponse {
    if let Some(answer) = obey(&state, &request).await {
        return answer;
    }
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    if get("nom").is_empty() && get("code").is_empty() {
        return HttpResponse::BadRequest().body("Bad Request");
    }
    let kinds = if get("type").is_empty() { "commune-actuelle" } else { get("type") };
    let has_kind = |commune: &Value| {
        kinds.split(',').any(|kind| {
            kind == if is_arrondissement(commune) { "arrondissement-municipal" } else { "commune-actuelle" }
        })
    };
    // As the service does: words that begin as the words of the question do, without regard to accents.
    let key = |text: &str| parvis::domain::fold_words(text).join(" ").replace("st ", "saint ");
    let begins = |commune: &Value| {
        let nom = key(commune["nom"].as_str().unwrap());
        nom.starts_with(&key(get("nom"))) || has_name(&nom, get("nom"))
    };
    let is_found = |commune: &&Value| {
        has_kind(commune) && if get("code").is_empty() { begins(commune) } else { commune["code"] == get("code") }
    };
    let found: Vec<&Value> = state.communes.iter().filter(is_found).collect();
    if get("format") == "geojson" {
        let features: Vec<Value> = found.into_iter().map(|commune| state.feature(commune, get("fields"))).collect();
        return HttpResponse::Ok().json(json!({ "type": "FeatureCollection", "features": features }));
    }
    let scored = |commune: &Value| {
        let mut fields = only_fields(commune, get("fields"));
        fields["_score"] = json!(0.8);
        fields
    };
    HttpResponse::Ok().json(found.into_iter().map(scored).collect::<Vec<Value>>())
}

async fn commune(state: web::Data<State>, request: HttpRequest, code: web::Path<String>, query: Query) -> HttpResponse {
    if let Some(answer) = obey(&state, &request).await {
        return answer;
    }
    let found = state.communes.iter().find(|commune| commune["code"] == code.as_str() && !is_arrondissement(commune));
    match found {
        Some(commune) => HttpResponse::Ok().json(state.feature(commune, &query["fields"])),
        None => HttpResponse::NotFound().body("Not Found"),
    }
}

/// Nine digits that are one body's.
fn code_of(epci: &str) -> String {
    format!("2{:08}", epci.bytes().map(u64::from).sum::<u64>())
}

impl State {
    fn members(&self, code: &str) -> Vec<&Value> {
        self.communes.iter().filter(|commune| commune["epci"]["code"] == code).collect()
    }
}

async fn epci(state: web::Data<State>, request: HttpRequest, code: web::Path<String>, query: Query) -> HttpResponse {
    if let Some(answer) = obey(&state, &request).await {
        return answer;
    }
    assert_eq!((query["format"].as_str(), query["geometry"].as_str()), ("geojson", "contour"));
    // Corners of the squares, which are drawn too roughly to lie beside each other.
    let crossed = *state.fault.lock().unwrap() == Some(Fault::CrossedRing);
    let side = if crossed { 0.2 } else { 0.005 };
    let corner = |commune: &Value| commune["contour"]["coordinates"][0][0].clone();
    let drawn = |corner: Value| square(corner[0].as_f64().unwrap(), corner[1].as_f64().unwrap(), side);
    let outlines: Vec<Value> =
        state.members(&code).into_iter().map(|commune| drawn(corner(commune))["coordinates"].clone()).collect();
    let geometry = json!({ "type": "MultiPolygon", "coordinates": outlines });
    HttpResponse::Ok().json(json!({ "type": "Feature", "properties": { "code": *code }, "geometry": geometry }))
}

async fn epci_communes(
    state: web::Data<State>,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query,
) -> HttpResponse {
    if let Some(answer) = obey(&state, &request).await {
        return answer;
    }
    assert_eq!((query["format"].as_str(), query["geometry"].as_str()), ("geojson", "centre"));
    let features = state.members(&code).into_iter().map(|commune| {
        let corner = &commune["contour"]["coordinates"][0][0];
        let centre = json!({ "type": "Point", "coordinates": corner });
        json!({ "type": "Feature", "properties": only_fields(commune, &query["fields"]), "geometry": centre })
    });
    HttpResponse::Ok().json(json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() }))
}

async fn search(state: web::Data<State>, request: HttpRequest, query: Query) -> HttpResponse {
    if let Some(answer) = obey(&state, &request).await {
        return answer;
    }
    assert_eq!((query["format"].as_str(), query["polygon_geojson"].as_str()), ("jsonv2", "1"));
    let limit: usize = query["limit"].parse().unwrap();
    let words = parvis::domain::fold_words(&query["q"]);
    let rows = state.rows.lock().unwrap();
    let is_found = |row: &&Value| {
        let shown = parvis::domain::fold_words(row["display_name"].as_str().unwrap());
        let country = query.get("countrycodes").map(|code| code.to_lowercase());
        words.iter().all(|word| shown.contains(word))
            && country.is_none_or(|code| row["address"]["country_code"] == code.as_str())
    };
    let found = rows.iter().filter(is_found).take(limit).cloned().map(|mut row| {
        row["geojson"] = state.outline(&row["geojson"]);
        row
    });
    HttpResponse::Ok().json(found.collect::<Vec<_>>())
}

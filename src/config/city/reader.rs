use std::path::{Path, PathBuf};

use jiff::civil::Date;
use toml::Spanned;

use super::contrast::contrast;
use super::file::OfficialFile;
use super::seen::Seen;
use super::{CityFile, CityProblem, boundary, check_slug, problem};
use crate::domain::{
    AccountRef, Around, City, CityId, DatasetRef, Lane, Listing, Look, Network, Official, OfficialKind, Recipe, Zone,
    primary_subtag,
};

/// One city file being read: what it says so far, and what is to mend in it.
pub(super) struct Reader<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    pub problems: Vec<CityProblem>,
    /// Every file read for it, in the order of reading.
    pub seen: Vec<Seen>,
}

/// Problems beyond which none is only warned of. As many again may refuse the file, so that no warnings hide a refusal;
/// nobody reads more, and each is looked for in the whole text.
const WARNINGS_MAX: usize = 100;
/// Of why somebody is listed.
const REASON_BYTES_MAX: usize = 300;

impl Reader<'_> {
    pub(super) fn refuse<T>(&mut self, at: &Spanned<T>, reason: &str) {
        if self.problems.len() >= 2 * WARNINGS_MAX {
            return;
        }
        self.problems.push(problem(self.path, self.text, Some(at.span()), reason));
    }

    pub(super) fn warn<T>(&mut self, at: &Spanned<T>, reason: &str) {
        if self.problems.len() >= WARNINGS_MAX {
            return;
        }
        let warning = CityProblem { warning: true, ..problem(self.path, self.text, Some(at.span()), reason) };
        self.problems.push(warning);
    }

    /// The city, when enough of the file could be read to make one.
    pub(super) fn city(&mut self, file: &CityFile) -> Option<City> {
        if !self.is_bounded(file) {
            return None;
        }
        let slug = self.path.file_stem()?.to_string_lossy().into_owned();
        if let Err(reason) = check_slug(&slug) {
            self.problems.push(problem(self.path, self.text, None, &reason));
        }
        if file.name.get_ref().trim().is_empty() {
            self.refuse(&file.name, "give the city's name");
        }
        let timezone = file.timezone.get_ref();
        if jiff::tz::TimeZone::get(timezone).is_err() {
            self.refuse(&file.timezone, "no such time zone: use an IANA name, as in Europe/Paris");
        }
        let mut attribution = Vec::new();
        let boundary = file.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution));
        let zones: Vec<Zone> = file
            .zone
            .iter()
            .map(|zone| {
                let boundary = zone.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution));
                let below_cell = boundary.as_ref().is_some_and(|outline| boundary::square_kilometres(outline) < 1.0);
                if below_cell {
                    self.warn(
                        &zone.name,
                        "smaller than a privacy cell of 1 km: posts of private persons show the city instead",
                    );
                }
                Zone { name: zone.name.get_ref().clone(), boundary, below_cell, places: strings(&zone.places) }
            })
            .collect();
        let around = file.around.as_ref().map(|around| Around {
            name: around.name.get_ref().clone(),
            boundary: around.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution)),
            hashtags: strings(&around.hashtags),
        });
        let outlines: Vec<Option<&geo::MultiPolygon<f64>>> = std::iter::once(boundary.as_ref())
            .chain(zones.iter().map(|zone| zone.boundary.as_ref()))
            .chain(around.iter().map(|around| around.boundary.as_ref()))
            .collect();
        let recipe = self.recipe(file);
        let officials = self.officials(file);
        let feeds = self.feeds(file);
        let mastodon = self.mastodon(file);
        let pushes = self.pushes(file);
        let datasets = self.datasets(file);
        let recipe_hash = recipe_hash(file, &datasets, &outlines);
        let look = self.look(file);
        let languages = self.languages(file);
        let office_hours = self.office_hours(file);
        let on_duty = self.on_duty(file, &office_hours);
        let city = City {
            id: CityId::new(&slug),
            name: file.name.get_ref().clone(),
            country: file.country.as_ref().map(|code| code.to_ascii_uppercase()),
            timezone: timezone.clone(),
            languages,
            boundary,
            zones,
            around,
            recipe_hash,
            recipe,
            officials,
            feeds,
            mastodon,
            pushes,
            datasets,
            participation: file.participation.clone(),
            office_hours,
            approve_notices: file.desk.approve_notices,
            on_duty,
            look,
            attribution,
        };
        for event in &file.event {
            self.warn(&event.name, "event lanes are not opened by this version: its tags admit nothing by themselves");
        }
        self.check_terms(file, &city);
        Some(city)
    }

    fn boundary(
        &mut self,
        at: &Spanned<PathBuf>,
        timezone: &str,
        attribution: &mut Vec<String>,
    ) -> Option<geo::MultiPolygon<f64>> {
        let path = self.path.parent().unwrap_or(Path::new(".")).join(at.get_ref());
        let (seen, text) = Seen::read(&path);
        self.seen.push(seen);
        match text.and_then(|text| boundary::parse(&text, timezone)) {
            Ok(outline) => {
                if let Some(line) = outline.attribution.filter(|line| !attribution.contains(line)) {
                    attribution.push(line);
                }
                Some(outline.polygons)
            }
            Err(reason) => {
                self.refuse(at, &format!("{}: {reason}", at.get_ref().display()));
                None
            }
        }
    }

    fn recipe(&mut self, file: &CityFile) -> Recipe {
        let recipe = &file.recipe;
        let word_networks = recipe
            .word_networks
            .iter()
            .filter_map(|name| {
                let network = Network::parse(name.get_ref());
                if network.is_none() {
                    self.refuse(name, &format!("no network of this name; known: {}", network_names()));
                }
                network
            })
            .collect();
        Recipe {
            invite: recipe.invite.as_ref().map(|tag| tag.get_ref().clone()),
            hashtags: strings(&recipe.hashtags),
            words: strings(&recipe.words),
            word_networks: if recipe.word_networks.is_empty() { vec![Network::Bluesky] } else { word_networks },
            all_of: recipe.all_of.iter().map(|group| strings(group.get_ref())).collect(),
            ambiguous: strings(&recipe.ambiguous),
            context: strings(&recipe.context),
            accounts: self.accounts(&recipe.accounts),
            assembly: strings(&recipe.assembly),
            exclude_hashtags: strings(&recipe.exclude.hashtags),
            exclude_words: strings(&recipe.exclude.words),
        }
    }

    fn accounts(&mut self, accounts: &[Spanned<String>]) -> Vec<AccountRef> {
        let mut read = Vec::new();
        for account in accounts {
            match parse_account(account.get_ref()) {
                Ok(reference) => read.push(reference),
                Err(reason) => self.refuse(account, &reason),
            }
        }
        read
    }

    fn officials(&mut self, file: &CityFile) -> Vec<Official> {
        file.official
            .iter()
            .map(|official| Official {
                name: official.name.clone(),
                group: official.group.clone(),
                kind: self.kind(&official.kind),
                accounts: self.accounts(&official.accounts),
                listing: self.listing(official),
            })
            .collect()
    }

    fn listing(&mut self, official: &OfficialFile) -> Listing {
        let mut site = None;
        if let Some(written) = &official.site {
            let url = url::Url::parse(written.get_ref()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            match url.as_ref().and_then(url::Url::domain) {
                Some(host) => site = Some(host.strip_prefix("www.").unwrap_or(host).to_owned()),
                None => self.refuse(written, "no address of a site: write it as https://ville.example"),
            }
        }
        if let Some(reason) = official.reason.as_ref().filter(|reason| reason.get_ref().len() > REASON_BYTES_MAX) {
            self.refuse(reason, &format!("more than {REASON_BYTES_MAX} bytes: everybody is to read it at a glance"));
        }
        let (since, until) = (self.day(official.since.as_ref()), self.day(official.until.as_ref()));
        if let (Some(since), Some(until), Some(written)) = (since, until, &official.until)
            && until < since
        {
            self.refuse(written, "before `since`");
        }
        let reason = official.reason.as_ref().map(|reason| reason.get_ref().trim().to_owned()).unwrap_or_default();
        Listing { site, reason, since, until }
    }

    pub(super) fn day(&mut self, written: Option<&Spanned<String>>) -> Option<Date> {
        let written = written?;
        let day = written.get_ref().parse().ok();
        if day.is_none() {
            self.refuse(written, "no such day: write it as 2026-12-25");
        }
        day
    }

    pub(super) fn kind(&mut self, kind: &Spanned<String>) -> OfficialKind {
        match kind.get_ref().as_str() {
            "elected" => OfficialKind::Elected,
            "service" => OfficialKind::Service,
            "press" => OfficialKind::Press,
            "association" => OfficialKind::Association,
            other => {
                if other != "institution" {
                    self.refuse(kind, "one of institution, elected, service, press, association");
                }
                OfficialKind::Institution
            }
        }
    }

    /// A lane that a publisher may have all that it says in.
    pub(super) fn lane(&mut self, lane: &Spanned<String>) -> Lane {
        match Lane::parse(lane.get_ref()) {
            Some(lane @ (Lane::Info | Lane::Press | Lane::Agenda | Lane::People)) => lane,
            _ => {
                self.refuse(lane, "one of info, press, agenda, people");
                Lane::Info
            }
        }
    }

    /// French where none is given.
    fn languages(&mut self, file: &CityFile) -> Vec<String> {
        let mut languages = Vec::new();
        for tag in &file.languages {
            match primary_subtag(tag.get_ref()) {
                Some(language) => languages.push(language),
                None => self.refuse(tag, "give a language as BCP 47 writes it, such as fr or de-CH"),
            }
        }
        if file.languages.is_empty() { vec!["fr".into()] } else { languages }
    }

    fn look(&mut self, file: &CityFile) -> Look {
        for (colour, page, name) in
            [(&file.look.accent, "#f7f4ee", "light"), (&file.look.accent_dark, "#14181d", "dark")]
        {
            match contrast(colour.get_ref(), page) {
                None => self.refuse(colour, "give a colour as #rrggbb"),
                Some(ratio) if ratio < 4.5 => self.refuse(
                    colour,
                    &format!("contrast {ratio:.1}:1 on the {name} page ({page}); at least 4.5:1 is needed to be read"),
                ),
                Some(_) => {}
            }
        }
        Look { accent: file.look.accent.get_ref().clone(), accent_dark: file.look.accent_dark.get_ref().clone() }
    }
}

fn parse_account(text: &str) -> Result<AccountRef, String> {
    let Some((network, handle)) = text.split_once(':') else {
        return Err("write the network before the account, as in bsky:nantes.fr".into());
    };
    let Some(network) = Network::parse(network) else {
        return Err(format!("no network {network:?}; known: bsky, {}", network_names()));
    };
    let handle = handle.trim_start_matches('@').to_lowercase();
    if handle.is_empty() || handle.contains(char::is_whitespace) {
        return Err("the account's name is missing, as in bsky:nantes.fr".into());
    }
    // A handle is a host name, and a lasting identity begins with its method.
    if network == Network::Bluesky && !handle.contains('.') && !handle.starts_with("did:") {
        return Err("a Bluesky account is a whole name, as in bsky:nantes.fr or bsky:lea.bsky.social".into());
    }
    let is_whole = handle.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    if network == Network::Mastodon && !is_whole {
        return Err("a Mastodon account is a whole name, as in mastodon:ville@social.example".into());
    }
    Ok(AccountRef { network, handle })
}

fn network_names() -> String {
    Network::ALL.map(Network::as_str).join(", ")
}

fn strings(spanned: &[Spanned<String>]) -> Vec<String> {
    spanned.iter().map(|value| value.get_ref().clone()).collect()
}

/// 16 hexadecimal digits over everything that decides whether a post is admitted: what is written and what is drawn.
fn recipe_hash(file: &CityFile, datasets: &[DatasetRef], outlines: &[Option<&geo::MultiPolygon<f64>>]) -> String {
    let decides = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}",
        file.recipe.without_spans(),
        file.languages_plain(),
        file.zones_plain(),
        file.around_plain(),
        file.official_accounts_plain(),
        file.feeds_plain()
    );
    let mut hasher = blake3::Hasher::new();
    hasher.update(decides.as_bytes());
    if !file.push.is_empty() {
        hasher.update(format!("{:?}", file.pushes_plain()).as_bytes());
    }
    for dataset in datasets {
        hasher.update(format!("{}{:?}", dataset.address(), dataset.lane).as_bytes());
    }
    for outline in outlines {
        hasher.update(&outline.map_or(0, |outline| outline.0.len() + 1).to_le_bytes());
        for polygon in outline.iter().flat_map(|outline| outline.iter()) {
            hasher.update(&polygon.interiors().len().to_le_bytes());
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                hasher.update(&ring.0.len().to_le_bytes());
                for at in ring.coords() {
                    hasher.update(&at.x.to_le_bytes()).update(&at.y.to_le_bytes());
                }
            }
        }
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

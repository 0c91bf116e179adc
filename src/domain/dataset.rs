use super::Lane;

/// A dataset of an Opendatasoft portal that a city shows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetRef {
    /// `https://` and a host, without a slash at the end.
    pub portal: String,
    pub dataset: String,
    /// Which of its records the city wants, in the portal's own language (ODSQL); empty: all.
    pub filter: String,
    pub lane: Lane,
    /// What its publisher is called where readers see it.
    pub title: String,
    /// The public body whose records these are, where the city names one.
    pub body: Option<String>,
    pub fields: Fields,
    /// The fields with the first and the last time of a record, where they can be asked for by time.
    pub window: Option<(String, String)>,
}

/// Which of a dataset's fields say what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub id: String,
    pub title: String,
    /// Joined, each on a line of its own.
    pub text: Vec<String>,
    pub starts: Option<String>,
    pub ends: Option<String>,
    /// A list of beginnings and ends.
    pub timings: Option<String>,
    /// Joined in one line.
    pub place: Vec<String>,
    pub point: Option<String>,
    pub url: Option<String>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub cancelled: Option<String>,
    pub tags: Option<String>,
}

impl DatasetRef {
    /// The public events of OpenAgenda, as the dataset of all of France names them.
    pub fn openagenda(filter: String) -> Self {
        let some = |name: &str| Some(name.to_owned());
        Self {
            portal: "https://public.opendatasoft.com".into(),
            dataset: "evenements-publics-openagenda".into(),
            filter,
            lane: Lane::Agenda,
            title: "OpenAgenda".into(),
            body: None,
            fields: Fields {
                id: "uid".into(),
                title: "title_fr".into(),
                text: vec!["description_fr".into()],
                starts: some("firstdate_begin"),
                ends: some("lastdate_end"),
                timings: some("timings"),
                place: vec!["location_name".into(), "location_address".into()],
                point: some("location_coordinates"),
                url: some("canonicalurl"),
                published: None,
                updated: some("updatedat"),
                cancelled: some("status"),
                tags: some("keywords_fr"),
            },
            window: Some(("firstdate_begin".into(), "lastdate_end".into())),
        }
    }

    /// The page of these records, and who speaks in them: another selection of a dataset is another account.
    pub fn address(&self) -> String {
        let page = format!("{}/explore/dataset/{}/", self.portal, self.dataset);
        match self.filter.as_str() {
            "" => page,
            filter => {
                let quoted: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
                format!("{page}?where={quoted}")
            }
        }
    }
}

impl Fields {
    /// Every field that is named, once.
    pub fn names(&self) -> Vec<&str> {
        let Self { id, title, text, starts, ends, timings, place, point, url, published, updated, cancelled, tags } =
            self;
        let optional = [starts, ends, timings, point, url, published, updated, cancelled, tags];
        let all = [id, title].into_iter().chain(text).chain(place).chain(optional.into_iter().flatten());
        let mut names: Vec<&str> = Vec::new();
        for name in all {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

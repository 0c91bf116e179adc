use toml::Spanned;

use super::CityFile;
use super::reader::Reader;

/// Parts of a city; the largest cities of Europe have about a hundred quarters.
const ZONES_MAX: usize = 128;
/// Senders of signed deliveries: each request is checked against the secrets of all.
const SENDERS_MAX: usize = 32;
/// Entries of any other list. Terms are compared with each other, zones are cut with each other: what is not bounded
/// here takes the watcher of the folder minutes.
const ENTRIES_MAX: usize = 1_000;
/// Bytes of a term; a tag has at most 640.
const TERM_BYTES_MAX: usize = 640;

impl Reader<'_> {
    /// Whether the file's lists are of a length that can be looked at; refuses each that is not.
    pub(super) fn is_bounded(&mut self, file: &CityFile) -> bool {
        let (recipe, before) = (&file.recipe, self.problems.len());
        if let Some(zone) = file.zone.get(ZONES_MAX) {
            self.refuse(&zone.name, &format!("more than {ZONES_MAX} zones"));
        }
        if let Some(sender) = file.push.get(SENDERS_MAX) {
            self.refuse(&sender.name, &format!("more than {SENDERS_MAX} senders"));
        }
        let too_many = format!("more than {ENTRIES_MAX} entries");
        for list in [
            &file.languages,
            &recipe.hashtags,
            &recipe.words,
            &recipe.word_networks,
            &recipe.ambiguous,
            &recipe.context,
            &recipe.accounts,
            &recipe.assembly,
            &recipe.exclude.hashtags,
            &recipe.exclude.words,
            &file.desk.closed,
            &file.desk.mail,
        ]
        .into_iter()
        .chain(file.zone.iter().map(|zone| &zone.places))
        .chain(recipe.all_of.iter().map(Spanned::get_ref))
        .chain(file.around.iter().map(|around| &around.hashtags))
        .chain(file.official.iter().map(|official| &official.accounts))
        .take(ENTRIES_MAX)
        {
            if let Some(entry) = list.get(ENTRIES_MAX) {
                self.refuse(entry, &too_many);
            }
            if let Some(entry) = list.iter().find(|entry| entry.get_ref().len() > TERM_BYTES_MAX) {
                self.refuse(entry, &format!("more than {TERM_BYTES_MAX} bytes"));
            }
        }
        let tables = [
            recipe.all_of.get(ENTRIES_MAX).map(Spanned::span),
            file.official.get(ENTRIES_MAX).map(|official| official.kind.span()),
            file.feed.get(ENTRIES_MAX).map(|feed| feed.url.span()),
            file.opendata.get(ENTRIES_MAX).map(Spanned::span),
            file.event.get(ENTRIES_MAX).map(|event| event.name.span()),
        ];
        for at in tables.into_iter().flatten() {
            self.refuse(&Spanned::new(at, ()), &too_many);
        }
        self.problems.len() == before
    }
}

//! The hand-written posts, one script a city, built into the program.
//!
//! Owns reading and checking `posts/*.toml` and `elsewhere.toml`. Does not own when a post is said or how it looks
//! on the wire. Invariant: a script that exists can be played to its end without a missing author or parent.

mod check;
mod format;
mod words;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use format::{Author, Edit, Expect, Place, Post};
pub use words::Wording;

/// One post of a script, with its author and its texts read.
#[derive(Clone, Debug)]
pub struct Line {
    pub post: Post,
    pub author: Arc<Author>,
    /// The place in the thread of the post that this one answers; always before its own.
    pub parent: Option<usize>,
    pub text: Wording,
    /// The text after the edit, when the author edits.
    pub edit: Option<Wording>,
}

/// A post and all that answers it, parents first; never empty.
#[derive(Clone, Debug)]
pub struct Thread {
    pub lines: Vec<Arc<Line>>,
}

impl Thread {
    pub fn root_key(&self) -> &str {
        self.lines.first().map_or("", |line| line.post.key.as_str())
    }

    /// Whether the whole thread suits a small town.
    pub fn is_village(&self) -> bool {
        self.lines.first().is_some_and(|line| line.post.village)
    }
}

/// What one city says, or, for [`ELSEWHERE`], what everybody else does.
#[derive(Clone, Debug)]
pub struct CityScript {
    pub slug: &'static str,
    pub name: &'static str,
    /// Written out as a POSIX rule, so that the play is the same on machines with other or no time zone tables.
    pub zone: TimeZone,
    pub authors: Vec<Arc<Author>>,
    pub threads: Vec<Arc<Thread>>,
}

impl CityScript {
    pub fn lines(&self) -> impl Iterator<Item = &Arc<Line>> {
        self.threads.iter().flat_map(|thread| &thread.lines)
    }

    pub fn is_elsewhere(&self) -> bool {
        self.slug == ELSEWHERE
    }
}

/// The slug of the background: posts that concern no city.
pub const ELSEWHERE: &str = "elsewhere";

const PARIS: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const MONTREAL: &str = "EST5EDT,M3.2.0,M11.1.0";

/// Slug, name, time zone, file.
const FILES: [(&str, &str, &str, &str); 7] = [
    ("nantes", "Nantes", PARIS, include_str!("../posts/nantes.toml")),
    ("rennes", "Rennes", PARIS, include_str!("../posts/rennes.toml")),
    ("tours", "Tours", PARIS, include_str!("../posts/tours.toml")),
    ("lausanne", "Lausanne", PARIS, include_str!("../posts/lausanne.toml")),
    ("montreal", "Montréal", MONTREAL, include_str!("../posts/montreal.toml")),
    ("le-pellerin", "Le Pellerin", PARIS, include_str!("../posts/le-pellerin.toml")),
    (ELSEWHERE, "elsewhere", "UTC0", include_str!("../elsewhere.toml")),
];

#[derive(Debug, thiserror::Error)]
#[error("the posts of {city} can't be used: {reason}")]
pub struct ScriptError {
    pub city: String,
    pub reason: String,
}

/// All scripts of the demonstration.
#[derive(Clone, Debug)]
pub struct Scripts(Vec<Arc<CityScript>>);

impl Scripts {
    /// The scripts that the program carries.
    pub fn load() -> Result<Self, ScriptError> {
        let mut scripts = Vec::new();
        let mut handles = HashSet::new();
        let mut keys = HashSet::new();
        for (slug, name, zone, text) in FILES {
            let error = |reason: String| ScriptError { city: name.to_owned(), reason };
            let script = parse(slug, name, zone, text, &mut handles).map_err(error)?;
            if let Some(line) = script.lines().find(|line| !keys.insert(line.post.key.clone())) {
                return Err(error(format!("the key `{}` is taken in another file", line.post.key)));
            }
            scripts.push(Arc::new(script));
        }
        Ok(Self(scripts))
    }

    /// All scripts, the background among them.
    pub fn all(&self) -> &[Arc<CityScript>] {
        &self.0
    }

    /// The scripts of cities.
    pub fn cities(&self) -> impl Iterator<Item = &Arc<CityScript>> {
        self.0.iter().filter(|script| !script.is_elsewhere())
    }
}

/// Reads one posts file. `zone` is a POSIX time zone rule; `handles` are the handles given so far.
/// The error is a sentence without the city's name.
fn parse(
    slug: &'static str,
    name: &'static str,
    zone: &str,
    text: &str,
    handles: &mut HashSet<String>,
) -> Result<CityScript, String> {
    let file: format::File = toml::from_str(text).map_err(|error| error.to_string())?;
    let (authors, threads) = check::check(file, slug, handles)?;
    let zone = TimeZone::posix(zone).map_err(|error| error.to_string())?;
    Ok(CityScript { slug, name, zone, authors, threads })
}

#[cfg(test)]
mod tests;

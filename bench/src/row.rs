use serde::{Deserialize, Serialize};

/// Whether a larger or a smaller figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Larger,
    Smaller,
}

/// Median, smallest and largest of the runs; of an even number of runs, the mean of the middle two.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    pub unit: String,
}

/// A figure to reach, by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Goal {
    pub goal: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<f64>,
    pub met: bool,
}

/// Another program at the same work, in the same unit. `ratio` is ours to theirs, of the medians.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peer {
    pub name: String,
    pub median: f64,
    pub min: f64,
    pub max: f64,
    pub ratio: f64,
    /// What the ratio shall be; `None`: shown beside, without a goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

/// One row of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub what: String,
    pub better: Better,
    pub ours: Figure,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    #[serde(default)]
    pub peers: Vec<Peer>,
    #[serde(default)]
    pub notes: String,
}

impl Better {
    fn reaches(self, value: f64, goal: f64) -> bool {
        match self {
            Self::Larger => value >= goal,
            Self::Smaller => value <= goal,
        }
    }
}

impl Figure {
    /// Of at least one run; of none it is all NaN.
    pub fn of(runs: &[f64], unit: &str) -> Self {
        let mut runs = runs.to_vec();
        runs.sort_by(f64::total_cmp);
        let at = |index: usize| runs.get(index).copied().unwrap_or(f64::NAN);
        let (last, middle) = (runs.len().saturating_sub(1), runs.len() / 2);
        Self { median: f64::midpoint(at(last / 2), at(middle)), min: at(0), max: at(last), unit: unit.to_owned() }
    }
}

impl Row {
    pub fn new(id: &str, what: &str, better: Better, ours: Figure) -> Self {
        Self { id: id.into(), what: what.into(), better, ours, goal: None, peers: Vec::new(), notes: String::new() }
    }

    #[must_use]
    pub fn with_goal(mut self, goal: f64, stretch: Option<f64>) -> Self {
        self.goal = Some(Goal { goal, stretch, met: self.better.reaches(self.ours.median, goal) });
        self
    }

    /// Adds a peer's figure; `goal` is for the ratio of ours to theirs.
    #[must_use]
    pub fn beside(mut self, name: &str, theirs: &Figure, goal: Option<f64>, stretch: Option<f64>) -> Self {
        let ratio = self.ours.median / theirs.median;
        self.peers.push(Peer {
            name: name.into(),
            median: theirs.median,
            min: theirs.min,
            max: theirs.max,
            ratio,
            goal,
            stretch,
            met: goal.map(|goal| self.better.reaches(ratio, goal)),
        });
        self
    }

    #[must_use]
    pub fn noting(mut self, words: &str) -> Self {
        if !self.notes.is_empty() {
            self.notes.push(' ');
        }
        self.notes.push_str(words);
        self
    }

    /// G before W, then by number.
    pub fn sort_key(&self) -> (String, u32) {
        let letters: String = self.id.chars().take_while(|c| !c.is_ascii_digit()).collect();
        let number = self.id.chars().skip(letters.chars().count()).collect::<String>().parse().unwrap_or(0);
        (letters, number)
    }

    /// Prints the row as the runner reads it.
    pub fn print(&self) {
        match serde_json::to_string(self) {
            Ok(line) => println!("{line}"),
            Err(error) => eprintln!("a row could not be written: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_favours_nobody() {
        let median = |runs: &[f64]| Figure::of(runs, "x/s").median;
        assert_eq!([median(&[7.0]), median(&[3.0, 1.0]), median(&[9.0, 1.0, 2.0])], [7.0, 2.0, 2.0]);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn goals_look_the_right_way() {
        let more = Row::new("G1", "", Better::Larger, Figure::of(&[3.0, 1.0, 2.0], "x/s"))
            .beside("peer", &Figure::of(&[0.5], "x/s"), Some(4.0), Some(5.0))
            .with_goal(3.0, None);
        assert_eq!((more.ours.median, more.ours.min, more.ours.max), (2.0, 1.0, 3.0));
        assert_eq!((more.peers[0].ratio, more.peers[0].met), (4.0, Some(true)));
        assert!(!more.goal.unwrap().met);
        let less = Row::new("G3", "", Better::Smaller, Figure::of(&[2.0], "us"));
        assert_eq!(less.beside("peer", &Figure::of(&[1.0], "us"), Some(1.2), None).peers[0].met, Some(false));
    }
}

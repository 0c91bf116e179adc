//! Texts with alternatives, `Il pleut {depuis ce matin|encore}.`, and the choice among them.
//!
//! Owns the notation and the walk through all combinations. Does not own the texts or when a turn begins.
//! Invariant: while a text has another wording, two turns in a row never read the same, and every wording comes.

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Plain(String),
    /// Two or more wordings, none empty.
    OneOf(Vec<String>),
}

/// A text that can be said in several ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording(Vec<Piece>);

impl Wording {
    /// Reads the notation: `{a|b}` offers wordings; braces are not nested and a bar has no meaning outside them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once('{') {
            if plain.contains('}') {
                return Err("a closing brace without an opening one".into());
            }
            let (inside, behind) = after.split_once('}').ok_or("an opening brace without a closing one")?;
            if inside.contains('{') {
                return Err("braces inside braces".into());
            }
            let choices: Vec<String> = inside.split('|').map(str::to_owned).collect();
            if choices.len() < 2 || choices.iter().any(|choice| choice.trim().is_empty()) {
                return Err(format!("`{{{inside}}}` needs two wordings or more, none empty"));
            }
            pieces.push(Piece::Plain(plain.to_owned()));
            pieces.push(Piece::OneOf(choices));
            rest = behind;
        }
        if rest.contains('}') {
            return Err("a closing brace without an opening one".into());
        }
        pieces.push(Piece::Plain(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// How many different texts this can become; at least one.
    pub fn variants(&self) -> u64 {
        self.0.iter().fold(1u64, |total, piece| match piece {
            Piece::Plain(_) => total,
            Piece::OneOf(choices) => total.saturating_mul(choices.len() as u64),
        })
    }

    /// The wording number `index`, counted round and round.
    pub fn variant(&self, index: u64) -> String {
        let mut left = index % self.variants();
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::OneOf(choices) => {
                    let count = choices.len() as u64;
                    let chosen = usize::try_from(left % count).ok().and_then(|at| choices.get(at));
                    left /= count;
                    text.push_str(chosen.map_or("", String::as_str));
                }
            }
        }
        text
    }

    /// The wording of turn `turn`: begins at a place that `seed` decides and steps through all of them.
    pub fn in_turn(&self, seed: u64, turn: u32) -> String {
        let total = self.variants();
        let step = coprime_step(seed >> 32, total);
        let walked = u128::from(turn) * u128::from(step) + u128::from(seed % total);
        self.variant(u64::try_from(walked % u128::from(total)).unwrap_or(0))
    }
}

/// A step that visits every number below `total` before it comes back, so that neighbouring slots do not move alike.
fn coprime_step(wish: u64, total: u64) -> u64 {
    if total <= 2 {
        return 1;
    }
    let wish = 1 + wish % (total - 1);
    // `total - 1` shares no divisor with `total`, so the search ends.
    (wish..total).find(|step| gcd(*step, total) == 1).unwrap_or(1)
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_wording_comes_before_one_comes_again() {
        let wording = Wording::parse("Il {pleut|vente|neige} {ici|là} {a|b}.").unwrap();
        assert_eq!(wording.variants(), 12);
        for seed in [0, 1, 99, u64::MAX] {
            let seen: BTreeSet<String> = (5..17).map(|turn| wording.in_turn(seed, turn)).collect();
            assert_eq!(seen.len(), 12, "seed {seed}");
        }
    }

    #[test]
    fn plain_text_stays() {
        let wording = Wording::parse("Bonjour | bonsoir").unwrap();
        assert_eq!(wording.in_turn(3, 4), "Bonjour | bonsoir");
    }

    #[test]
    fn bad_notation_is_named() {
        for text in ["{a|b", "a}", "a} {b|c}", "{a|{b|c}}", "{a}", "{a|}", "{}"] {
            assert!(Wording::parse(text).is_err(), "{text}");
        }
    }
}

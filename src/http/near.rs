use crate::domain::fold_tag;

/// Longest name that is compared; a longer one is near nothing, and costs nothing.
const NAME_MAX: usize = 64;
const SUGGESTIONS_MAX: usize = 5;

/// The candidates that `name` may be a slip of, the nearest first, at most five: a few edits away (a third of the
/// letters), or begun alike.
pub fn near<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    if name.len() > NAME_MAX {
        return Vec::new();
    }
    let folded: Vec<char> = fold_tag(name).chars().collect();
    if folded.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = candidates
        .filter(|candidate| candidate.len() <= NAME_MAX)
        .filter_map(|candidate| {
            let other: Vec<char> = fold_tag(candidate).chars().collect();
            let far = folded.len().div_ceil(3);
            let begun = folded.len() >= 3 && (other.starts_with(&folded) || folded.starts_with(&other));
            // The lengths alone tell most of them apart.
            if !begun && folded.len().abs_diff(other.len()) > far {
                return None;
            }
            let distance = edit_distance(&folded, &other);
            (distance <= far || begun).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().take(SUGGESTIONS_MAX).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Levenshtein: insertions, removals and replacements of one letter.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(from != to)).min(*above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_beginnings_are_near_and_others_are_not() {
        let cities = ["nantes", "saint-nazaire", "rennes", "mantes-la-jolie"];
        assert_eq!(near("nante", cities.into_iter()), ["nantes"]);
        assert_eq!(near("Nântes", cities.into_iter()), ["nantes"]);
        assert_eq!(near("saint", cities.into_iter()), ["saint-nazaire"]);
        assert_eq!(near("mantes", cities.into_iter()), ["nantes", "mantes-la-jolie"]);
        assert!(near("wp-login.php", cities.into_iter()).is_empty());
        assert!(near(&"a".repeat(10_000), cities.into_iter()).is_empty());
    }

    #[test]
    fn distance_counts_edits() {
        let distance = |a: &str, b: &str| edit_distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}

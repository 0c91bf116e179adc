/// Whether a folded tag ends in a date, as `#dd1302` and `#manif44_070223` do: a call to gather on a day, which is
/// kept off maps even when the city lists no such tag (L-42). Letters, then day and month in either order, then
/// perhaps a year. A year alone (`#nantes2026`) is no day and month.
pub fn is_dated_tag(key: &str) -> bool {
    let digits_start = key.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (name, digits) = key.split_at(digits_start);
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|digits| digits.parse::<u8>().ok());
    let (Some(first), Some(second)) = (number(0..2), number(2..4)) else { return false };
    let is_date = |day: u8, month: u8| (1..=31).contains(&day) && (1..=12).contains(&month);
    matches!(digits.len(), 4 | 6 | 8)
        && name.chars().any(char::is_alphabetic)
        && (is_date(first, second) || is_date(second, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l42_dated_tags_are_known_by_their_date() {
        for dated in ["dd1302", "greve0510", "manif44_070223", "marche25122026", "o0131"] {
            assert!(is_dated_tag(dated), "{dated}");
        }
        for other in ["nantes2026", "1302", "dd", "dd130", "dd13024", "quai9999", "nantes44", "dd0013", "ligne1302a"] {
            assert!(!is_dated_tag(other), "{other}");
        }
    }
}

//! What was told of values on the days before one.
//!
//! Owns which days a value is compared with, and what is usual of it among them. Does not own what is told
//! (`domain::desk`): it is read of the closed cube, so nothing usual says more than the cube does. Weeks and months are
//! compared with nothing: a day tells all of a value or nothing, and they may tell a part, of one week more than of another.
//! Invariant: the number of questions is the same after a year, and for five hundred values as for one.

use std::collections::HashMap;

use crate::domain::desk::{Bucket, Calendar, Counts, Dimension, Width};
use crate::domain::{CityId, StoreError, Timestamp};

/// The same days of so many earlier weeks are compared.
const COMPARED: usize = 8;
/// With fewer days that were counted, nothing is usual of a value.
pub const COMPARED_MIN: usize = 4;
const HALF_DAY_S: i64 = 43_200;
const WEEK_S: i64 = 7 * 86_400;

/// What is usual of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsualValue {
    Posts(u64),
    /// On most such days too few people said it for it to be told.
    TooFew,
}

/// Of closed days that compare, each with what was told of a value; `None` where it was not. Of an even number the upper of
/// the two in the middle.
pub fn usual_value(mut told: Vec<Option<u64>>) -> Option<UsualValue> {
    // What is not told stands below all that is.
    told.sort_unstable();
    let middle = told.get(told.len() / 2).filter(|_| told.len() >= COMPARED_MIN)?;
    Some(middle.map_or(UsualValue::TooFew, UsualValue::Posts))
}

/// The values of one dimension, as they were told on the days that compare with one.
#[derive(Debug, Default)]
pub struct Past {
    /// How many they are.
    counted: usize,
    told: HashMap<String, Vec<u64>>,
}

impl Past {
    /// Empty of a bucket that is no day.
    pub async fn read(
        counts: &dyn Counts,
        city: &CityId,
        calendar: &Calendar,
        bucket: Bucket,
        dimension: Dimension,
    ) -> Result<Self, StoreError> {
        let mut starts: Vec<Timestamp> = compared(calendar, bucket).iter().map(|one| one.start).collect();
        let Some(oldest) = starts.last() else { return Ok(Self::default()) };
        let counted = counts.plain(city, bucket.width, *oldest, bucket.start).await?;
        starts.retain(|one| counted.iter().any(|(start, _)| start == one));
        if starts.len() < COMPARED_MIN {
            return Ok(Self::default());
        }
        let told = counts.past_values(city, bucket.width, dimension, &starts).await?;
        Ok(Self { counted: starts.len(), told })
    }

    pub fn usual(&self, value: &str) -> Option<UsualValue> {
        let mut told: Vec<Option<u64>> = self.told.get(value).into_iter().flatten().copied().map(Some).collect();
        told.resize(self.counted.max(told.len()), None);
        usual_value(told)
    }
}

/// Newest first.
fn compared(calendar: &Calendar, day: Bucket) -> Vec<Bucket> {
    let mut found: Vec<Bucket> = Vec::new();
    while found.len() < COMPARED && day.width == Width::Day {
        // Noon is the same day's where clocks were put on or back between the weeks.
        let at = found.last().unwrap_or(&day).start.plus_seconds(HALF_DAY_S - WEEK_S);
        let Some(older) = calendar.bucket(Width::Day, at) else { break };
        found.push(older);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_of_a_value_is_the_middle_and_what_is_not_told_lies_below() {
        use UsualValue::{Posts, TooFew};
        let told = |posts: &[u64]| posts.iter().map(|posts| Some(*posts).filter(|posts| *posts > 0)).collect();
        for (posts, usual) in [
            (&[][..], None),
            (&[5, 6, 7], None),
            (&[9, 5, 6, 7], Some(Posts(7))),
            (&[400, 5, 6, 7, 8], Some(Posts(7))),
            (&[0, 0, 0, 9], Some(TooFew)),
            (&[0, 0, 9, 8], Some(Posts(8))),
            (&[0, 0, 0, 0], Some(TooFew)),
        ] {
            assert_eq!(usual_value(told(posts)), usual, "{posts:?}");
        }
    }

    #[test]
    fn a_day_is_compared_with_the_same_days_and_a_week_with_nothing() {
        let paris = Calendar::new("Europe/Paris");
        let names = |width: Width, at: &str| -> Vec<String> {
            let bucket = paris.bucket(width, Timestamp::parse_rfc3339(at).unwrap()).unwrap();
            compared(&paris, bucket).iter().filter_map(|bucket| paris.name(bucket)).collect()
        };
        // Summer time ended on 25 October, and began on 29 March.
        let days = names(Width::Day, "2026-11-04T12:00:00Z");
        assert_eq!((days.len(), &*days[0], &*days[1], &*days[7]), (8, "2026-10-28", "2026-10-21", "2026-09-09"));
        assert_eq!(names(Width::Day, "2026-03-31T00:30:00Z")[0], "2026-03-24");
        for width in [Width::Week, Width::Month] {
            assert_eq!(names(width, "2026-11-04T12:00:00Z").len(), 0, "{width:?}: it may tell a part");
        }
    }
}

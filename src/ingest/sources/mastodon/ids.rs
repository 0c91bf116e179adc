use std::collections::{HashMap, VecDeque};

use crate::domain::{NativeId, Reply};

/// Statuses remembered; the oldest go first.
const IDS_MAX: usize = 2_000;

/// Which status each of a server's own ids is: what answers name, and deletions in recordings. Of one process and never
/// stored, for it names people.
#[derive(Debug, Default)]
pub struct Ids {
    known: HashMap<String, NativeId>,
    order: VecDeque<String>,
}

impl Ids {
    pub fn note(&mut self, id: &str, native_id: &NativeId) {
        if self.known.insert(id.to_owned(), native_id.clone()).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > IDS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub fn get(&self, id: &str) -> Option<&NativeId> {
        self.known.get(id)
    }

    /// An answer to a status, if it is known which that is. The beginning of its thread nobody says: the pipeline goes by
    /// the parent's.
    pub fn reply_to(&self, id: &str) -> Option<Reply> {
        let parent = self.get(id)?;
        Some(Reply { parent: parent.clone(), root: parent.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_the_oldest_ids_are_forgotten_at_the_bound() {
        let mut ids = Ids::default();
        for number in 0..IDS_MAX + 10 {
            ids.note(&number.to_string(), &NativeId::new(format!("https://s.example/{number}")));
            ids.note(&number.to_string(), &NativeId::new(format!("https://s.example/{number}")));
        }
        assert_eq!((ids.known.len(), ids.order.len()), (IDS_MAX, IDS_MAX));
        assert!(ids.get("9").is_none() && ids.reply_to("9").is_none());
        assert_eq!(ids.reply_to("10").unwrap().parent, NativeId::new("https://s.example/10"));
    }
}

use super::{Lane, Network, Timestamp};

/// When what a post announces takes place, as far as its source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    pub starts_at: Option<Timestamp>,
    /// The end of an event, or of the time for which a notice holds.
    pub ends_at: Option<Timestamp>,
    pub cancelled: bool,
}

/// How long a notice without an end holds, from its publication, or its beginning (S-18).
const NOTICE_S: i64 = 7 * 24 * 3_600;
/// How long an event without an end is taken to last.
const EVENT_S: i64 = 6 * 3_600;

impl Schedule {
    /// When what takes place is over; an event without an end lasts for a while. `None`: it says nothing of it.
    pub fn over_at(self) -> Option<Timestamp> {
        self.ends_at.or(self.starts_at.map(|start| start.plus_seconds(EVENT_S)))
    }

    /// When a card in this lane goes by itself; `None`: when its tier's time is over.
    pub fn expires_at(&self, network: Network, lane: &Lane, published: Timestamp) -> Option<Timestamp> {
        match lane {
            // An end is the author's own word there, and is never read from a text (NIP-40, NIP-52).
            _ if network == Network::Nostr => self.ends_at,
            // What a body says on a social network has no end unless it states one; what it lists, or sends to us, is a notice.
            Lane::Info if network.is_listing() || network == Network::Push => {
                let since = self.starts_at.map_or(published, |start| start.max(published));
                Some(self.ends_at.unwrap_or(since.plus_seconds(NOTICE_S)))
            }
            Lane::Info => self.ends_at,
            Lane::Agenda => self.over_at(),
            Lane::People | Lane::Press | Lane::Around | Lane::Event(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s18_a_notice_goes_with_its_end_or_after_a_week() {
        let published = Timestamp::from_micros(1_000_000);
        let ends_at = Some(published.plus_seconds(3_600));
        let (open, ended) = (Schedule::default(), Schedule { ends_at, ..Schedule::default() });
        let week = Some(published.plus_seconds(604_800));
        for (network, lane, open_goes, ended_goes) in [
            (Network::Feed, Lane::Info, week, ends_at),
            (Network::OpenData, Lane::Info, week, ends_at),
            (Network::Feed, Lane::Agenda, None, ends_at),
            (Network::Feed, Lane::Press, None, None),
            (Network::Feed, Lane::People, None, None),
            (Network::Push, Lane::Info, week, ends_at),
            (Network::Bluesky, Lane::Info, None, ends_at),
            (Network::Nostr, Lane::People, None, ends_at),
        ] {
            let of = |schedule: Schedule| schedule.expires_at(network, &lane, published);
            assert_eq!((of(open), of(ended)), (open_goes, ended_goes), "{network:?} {lane:?}");
        }
        let starts_at = Some(published.plus_seconds(86_400));
        let evening = Schedule { starts_at, ..Schedule::default() };
        let over = starts_at.map(|start| start.plus_seconds(EVENT_S));
        let later = starts_at.map(|start| start.plus_seconds(NOTICE_S));
        assert_eq!(evening.expires_at(Network::OpenData, &Lane::Info, published), later);
        assert_eq!(evening.expires_at(Network::Feed, &Lane::Agenda, published), over);
    }
}

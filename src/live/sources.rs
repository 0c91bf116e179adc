use std::collections::HashMap;

use bytes::Bytes;

use crate::domain::{CityId, SourceHealth, Volume};

use super::SourcesEncoder;
use super::form::Framing;

/// A city's latest `sources` message, encoded once for everybody.
#[derive(Default)]
pub(super) struct SourcesFrames {
    revision: u64,
    health: Vec<SourceHealth>,
    websocket: Bytes,
    sse: Bytes,
}

impl SourcesFrames {
    /// Takes a new state; the new revision if it differs from the last in what a reader can act on.
    pub fn set(&mut self, health: &[&SourceHealth], volumes: &[Volume], encode: SourcesEncoder) -> Option<u64> {
        if self.says(health) {
            return None;
        }
        self.health = health.iter().map(|health| (*health).clone()).collect();
        let message = format!(r#"{{"type":"sources","sources":{}}}"#, encode(&self.health, volumes));
        self.websocket = Bytes::from(Framing::WebSocket.frame("sources", None, &message));
        self.sse = Bytes::from(Framing::Sse.frame("sources", None, &message));
        self.revision += 1;
        Some(self.revision)
    }

    pub fn says(&self, health: &[&SourceHealth]) -> bool {
        same(&self.health, health)
    }

    pub fn frame(&self, framing: Framing) -> Bytes {
        match framing {
            Framing::WebSocket => self.websocket.clone(),
            Framing::Sse => self.sse.clone(),
        }
    }
}

/// Equal but for the moment of the last frame, which moves all the time.
fn same(a: &[SourceHealth], b: &[&SourceHealth]) -> bool {
    let equal = |(a, b): (&SourceHealth, &&SourceHealth)| {
        a.source == b.source
            && a.network == b.network
            && a.state == b.state
            && a.since == b.since
            && a.gaps == b.gaps
            && a.detail == b.detail
    };
    a.len() == b.len() && a.iter().zip(b).all(equal)
}

/// The sources by the cities that they are read for, so that not every city looks at those of all others.
pub(super) struct ByCity<'a> {
    of_all: Vec<&'a SourceHealth>,
    of_some: HashMap<&'a CityId, Vec<&'a SourceHealth>>,
}

impl<'a> ByCity<'a> {
    pub fn new(health: &'a [SourceHealth]) -> Self {
        let mut by_city = Self { of_all: Vec::new(), of_some: HashMap::new() };
        for health in health {
            match &health.cities {
                None => by_city.of_all.push(health),
                Some(cities) => cities.iter().for_each(|city| by_city.of_some.entry(city).or_default().push(health)),
            }
        }
        by_city
    }

    pub fn of(&self, city: &CityId) -> Vec<&'a SourceHealth> {
        self.of_all.iter().chain(self.of_some.get(city).into_iter().flatten()).copied().collect()
    }
}

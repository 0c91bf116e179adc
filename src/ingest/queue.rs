use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::source::Closed;
use crate::domain::{Observation, Weight};

/// Observations that may wait between the sources and the pipeline, and what they may weigh. At either bound the sources
/// stop reading. One that weighs more than all may passes alone.
pub const QUEUED_MAX: usize = 4_096;
const QUEUED_BYTES_MAX: u32 = 4 << 20;

/// An observation, and its part of the room.
type Queued = (Observation, OwnedSemaphorePermit);

/// The sources' end of the queue.
#[derive(Clone)]
pub struct ObservationSender {
    sender: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
}

/// The pipeline's end of the queue.
pub struct ObservationReceiver(mpsc::Receiver<Queued>);

/// The way from the sources to the pipeline, bounded by number (`capacity`) and by bytes.
pub fn observations(capacity: usize) -> (ObservationSender, ObservationReceiver) {
    let (sender, receiver) = mpsc::channel(capacity);
    let room = Arc::new(Semaphore::new(QUEUED_BYTES_MAX as usize));
    (ObservationSender { sender, room }, ObservationReceiver(receiver))
}

impl ObservationSender {
    /// Waits while there is no room. Safe to drop at its await: then nothing was sent.
    pub async fn send(&self, observation: Observation) -> Result<(), Closed> {
        let room = self.room.clone().acquire_many_owned(weight(&observation)).await.map_err(|_gone| Closed)?;
        self.sender.send((observation, room)).await.map_err(|_gone| Closed)
    }

    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }

    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl ObservationReceiver {
    /// The next observation; `None` when every sender is gone. Safe to drop at its await.
    pub async fn recv(&mut self) -> Option<Observation> {
        self.0.recv().await.map(|(observation, _room)| observation)
    }
}

fn weight(observation: &Observation) -> u32 {
    u32::try_from(observation.weight()).unwrap_or(u32::MAX).min(QUEUED_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::{AuthorId, AuthorProfile, Event, Network, SourceId};

    fn of(bytes: usize) -> Observation {
        let profile = AuthorProfile {
            bio: "x".repeat(bytes),
            ..AuthorProfile::assumed(AuthorId::new("did:plc:ana"), Network::Bluesky)
        };
        Observation {
            source: SourceId::new("bluesky"),
            network: Network::Bluesky,
            checkpoint: None,
            sent_at: None,
            event: Event::Profile(Box::new(profile)),
        }
    }

    #[tokio::test]
    async fn h2_large_observations_wait_for_room_and_the_largest_passes_alone() {
        let (sender, mut receiver) = observations(1_000);
        let mut sent = 0;
        while sender.send(of(1 << 20)).now_or_never().is_some() {
            sent += 1;
        }
        assert_eq!(sent, 3, "a fourth weighs more than the room that is left");
        assert!(sender.send(of(1 << 20)).now_or_never().is_none());
        receiver.recv().await.unwrap();
        sender.send(of(1 << 20)).now_or_never().expect("there is room again").unwrap();
        assert!(sender.send(of(64 << 20)).now_or_never().is_none());
        for _ in 0..3 {
            receiver.recv().await.unwrap();
        }
        sender.send(of(64 << 20)).now_or_never().expect("alone").unwrap();
        assert!(sender.send(of(0)).now_or_never().is_none());
        drop(receiver);
        assert!(sender.send(of(0)).await.is_err());
    }
}

use std::sync::Arc;
use std::time::Duration;

use super::crowd::{Crowd, Writer};
use super::{address, limit, serve, sized};
use crate::support::network::SimulatedNetwork;

/// From the moment a post is said to the network until a reader has it: more than from the store to the wire.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w2_a_post_reaches_two_hundred_readers_in_time() {
    let readers = sized(200, 1_000);
    let network = Arc::new(SimulatedNetwork::start().await);
    network.join("ana", &[]);
    let server = serve(&network, "max_sessions_per_address = 2000").await;
    let mut crowd = Crowd::gather(&address(&server), readers).await;
    let _writer = Writer::start(network.clone(), 20);
    crowd.measure(Duration::from_secs(1)).await;
    let (p99, taken) = crowd.measure(Duration::from_secs(sized(3, 20) as u64)).await;
    println!(
        "{readers} readers, 20 posts/s: p99 {p99:?} of {taken} deliveries, from the network's side to the reader's"
    );
    crowd.assert_all_are_here(readers);
    // Nearly all of sixty a second and reader came.
    assert!(taken > readers * 20 * sized(3, 20) / 2, "{taken}");
    assert!(p99 <= limit(Duration::from_millis(200), Duration::from_millis(1_500)), "{p99:?}");
}
